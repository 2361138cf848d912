//! Sends applied faults to the referee.
