"""The program itself: its settings, its command line, and the wiring of all other packages."""
