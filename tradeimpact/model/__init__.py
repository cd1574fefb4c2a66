"""What follows: arrays in, arrays out. No files, no plotting; randomness only by draws handed in."""
