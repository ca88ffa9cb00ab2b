"""Those that make answers, all behind one interface."""
