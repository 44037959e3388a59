//! Hessian 2, read strictly and without building values.
