"""What an image is: tasks, shapes, scenes, and how they are rendered."""
