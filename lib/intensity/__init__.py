"""How do ConvNets understand image intensity? The paper's scenes, networks, measurements and figures.

Data flows one way through the modules: values, tasks, shapes, scenes, rendering, datasets and readers make
images and say what can be read from them; networks, training, store and sweeps turn configurations
into finished runs; attribution and responses look inside; statistics, results, claims and figures
say what was found; settings and reproduce run the notebooks.
"""
