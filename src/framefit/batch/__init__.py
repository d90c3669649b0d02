"""Many pictures: finding them, naming their results, and fitting them side by side."""
