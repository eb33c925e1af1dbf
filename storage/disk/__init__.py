"""Private files on a disk: read as a whole, replaced as a whole, and never led astray by somebody else's link."""
