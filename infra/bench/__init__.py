"""`make bench`: what operations cost at growing sizes. It prints, and judges by budgets; no test asserts a time."""
