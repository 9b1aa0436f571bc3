"""Evidence: what a file really is, a photo without its position, and where files are kept by the digest of their bytes."""
