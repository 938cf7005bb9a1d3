"""How do ConvNets understand image intensity? Scenes, networks, measurements and figures.

Data flows one way through the modules: values, tasks, shapes, scenes, rendering and readers make
images and say what can be read from them; architectures, configurations, datasets, networks,
training, store and sweeps turn configurations into finished runs; attribution and responses look
inside; statistics, claims, results and figures say what was found; settings, report and reproduce
run the notebooks.
"""
