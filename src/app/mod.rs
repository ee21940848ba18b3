//! Floor 8: config, wiring, start order, drain and shutdown, the command line.
//! Knows only the front doors of the floors below.
