"""What the drawn sample's pictures consist of: a pen, coats, faces, bodies, and the scenes they stand in."""
