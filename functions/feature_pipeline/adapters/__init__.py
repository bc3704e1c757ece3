"""The stores and engines that the domain works with."""
