"""What the roster can be asked, and what it answers: each file a question, its SQL, who sees how much, and the models."""
