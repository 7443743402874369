"""The program: settings, the command line and the wiring of all other packages."""
