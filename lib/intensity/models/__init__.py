"""Networks: architectures as data, Keras models built from them, and their logits."""
