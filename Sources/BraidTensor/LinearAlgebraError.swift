/// Why a factorisation does not exist for the numbers it was given. Thrown, since it is the data's fault, not the
/// caller's.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// Elimination met a pivot (or an eigenvalue) that is not above 0. Both numbers count from 0; `matrix` is the place
  /// in the batch.
  case notPositiveDefinite(operation: String, matrix: Int, pivot: Int)
  /// Elimination met a pivot of exactly 0.
  case singular(operation: String, matrix: Int, pivot: Int)
  /// An element is infinite or not a number.
  case notFinite(operation: String, matrix: Int)
  /// The iteration for eigenvalues or singular values did not end.
  case notConverged(operation: String, matrix: Int)

  /// The operation, the matrix and what it lacks.
  public var description: String {
    switch self {
    case .notPositiveDefinite(let operation, let matrix, let pivot):
      "\(operation): matrix \(matrix) of the batch is not positive definite, pivot \(pivot) is not above 0. Add a ridge to its diagonal."
    case .singular(let operation, let matrix, let pivot):
      "\(operation): matrix \(matrix) of the batch is singular, pivot \(pivot) is 0. Add a ridge to its diagonal."
    case .notFinite(let operation, let matrix):
      "\(operation): matrix \(matrix) of the batch has an element that is infinite or not a number."
    case .notConverged(let operation, let matrix):
      "\(operation): the iteration for matrix \(matrix) of the batch did not converge."
    }
  }
}
