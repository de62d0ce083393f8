"""What a task is, how it is made, and when it is solved. Of a model it needs one port: ask for a typed answer."""
