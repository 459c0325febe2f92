"""What people do at a plan on their screen: order, word, swap, try limits, see it as a whole."""
