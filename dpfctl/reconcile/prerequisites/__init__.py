"""What a DPU cluster needs before anything is deployed: namespaces, pull secrets, a list."""
