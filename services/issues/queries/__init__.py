"""What issues can be asked, and what it answers: each file a question, its SQL, and the models of its answer."""
