"""Papers: what is printed, and files from outside, which a child process reads."""
