import CBraidKernels

// Comparisons of two tensors, element by element and broadcast as arithmetic is: masks of ones and zeros for `select`, for masked
// operations, and for counting. They are constants whatever is compared: no gradient flows through a mask. NaN is neither
// greater than, less than nor equal to anything.
extension Tensor {
  /// 1 where a > b, 0 elsewhere.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { combined(".>", Int32(BRAID_IS_GREATER), a, b) }
  /// 1 where a ≥ b, 0 elsewhere.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { combined(".>=", Int32(BRAID_IS_AT_LEAST), a, b) }
  /// 1 where a < b, 0 elsewhere.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { combined(".<", Int32(BRAID_IS_GREATER), b, a) }
  /// 1 where a ≤ b, 0 elsewhere.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { combined(".<=", Int32(BRAID_IS_AT_LEAST), b, a) }
  /// 1 where a = b, 0 elsewhere.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { combined(".==", Int32(BRAID_IS_EQUAL), a, b) }
  /// 1 where a ≠ b, which is so of NaN and anything, 0 elsewhere.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { combined(".!=", Int32(BRAID_IS_DIFFERENT), a, b) }

  /// 1 where a > b, 0 elsewhere.
  public static func .> (a: Tensor, b: Float) -> Tensor { a .> Tensor(repeating: b, []) }
  /// 1 where a ≥ b, 0 elsewhere.
  public static func .>= (a: Tensor, b: Float) -> Tensor { a .>= Tensor(repeating: b, []) }
  /// 1 where a < b, 0 elsewhere.
  public static func .< (a: Tensor, b: Float) -> Tensor { a .< Tensor(repeating: b, []) }
  /// 1 where a ≤ b, 0 elsewhere.
  public static func .<= (a: Tensor, b: Float) -> Tensor { a .<= Tensor(repeating: b, []) }
  /// 1 where a = b, 0 elsewhere.
  public static func .== (a: Tensor, b: Float) -> Tensor { a .== Tensor(repeating: b, []) }
  /// 1 where a ≠ b, which is so of NaN and anything, 0 elsewhere.
  public static func .!= (a: Tensor, b: Float) -> Tensor { a .!= Tensor(repeating: b, []) }
}
