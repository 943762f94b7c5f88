"""AWS services as the local run plays them, each under its own name."""
