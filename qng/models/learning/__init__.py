"""Learning from labels: regressions, networks and circuits, their losses, one task after another.

In come a model with outputs and their Jacobian (`regression.Regression`) and labelled data; out
goes a loss whose Fisher matrix is closed over the labels.

    regression    the protocol, and the tangent kernel
    perceptron    linear, logistic and softmax regression, networks of several layers
    classifier encodings  circuits as classifiers
    labels        what labels are like given outputs     labelled   the same as a statistical model
    supervised    the loss and the problem               minibatch  some of the data, with errors
    factors       K-FAC of layers
    consolidation elastic weight consolidation
    handwriting   digits of scikit-learn                 teachers   small problems by name
"""
