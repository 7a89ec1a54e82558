"""What a trained network knows: its answers, its figures, its reasons."""
