"""Values to text and to machines. Nothing here reaches a cluster or decides what is true."""
