"""What is added to imported worlds: one module each."""
