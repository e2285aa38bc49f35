import CBraidBLAS

/// A matrix in double precision, column-major: what linear algebra computes with inside, so that only its results are
/// rounded to `Float`.
struct Matrix {
  let rows: Int
  let columns: Int
  /// Column after column.
  var elements: [Double]

  init(_ rows: Int, _ columns: Int, repeating value: Double = 0) {
    NumericLibrary.ready
    (self.rows, self.columns) = (rows, columns)
    elements = Array(repeating: value, count: rows * columns)
  }

  init(_ rows: Int, _ columns: Int, _ element: (_ row: Int, _ column: Int) -> Double) {
    self.init(rows, columns)
    for j in 0..<columns { for i in 0..<rows { elements[j * rows + i] = element(i, j) } }
  }

  /// From row-major floats.
  init(reading pointer: UnsafePointer<Float>, _ rows: Int, _ columns: Int) {
    self.init(rows, columns) { Double(pointer[$0 * columns + $1]) }
  }

  static func identity(_ n: Int) -> Matrix { Matrix(n, n) { $0 == $1 ? 1 : 0 } }

  subscript(row: Int, column: Int) -> Double {
    get { elements[column * rows + row] }
    set { elements[column * rows + row] = newValue }
  }

  /// Writes row-major floats: to = self + beta to, beta being 0 or 1.
  func write(to pointer: UnsafeMutablePointer<Float>, beta: Float = 0) {
    for i in 0..<rows {
      for j in 0..<columns {
        let place = i * columns + j
        let value = Float(self[i, j])
        pointer[place] = beta == 0 ? value : pointer[place] + value
      }
    }
  }

  var transposed: Matrix { Matrix(columns, rows) { self[$1, $0] } }
  /// (A + Aᵀ) / 2.
  var symmetricPart: Matrix { Matrix(rows, columns) { (self[$0, $1] + self[$1, $0]) / 2 } }
  var isFinite: Bool { elements.allSatisfy(\.isFinite) }

  func map(_ change: (_ row: Int, _ column: Int, _ element: Double) -> Double) -> Matrix {
    Matrix(rows, columns) { change($0, $1, self[$0, $1]) }
  }

  static func + (a: Matrix, b: Matrix) -> Matrix { a.map { $2 + b[$0, $1] } }
  static func - (a: Matrix, b: Matrix) -> Matrix { a.map { $2 - b[$0, $1] } }
  static func * (a: Matrix, b: Matrix) -> Matrix { a.times(b) }
  static prefix func - (a: Matrix) -> Matrix { a.map { -$2 } }

  /// op(self) op(b).
  func times(_ b: Matrix, transposeSelf: Bool = false, transposeOther: Bool = false) -> Matrix {
    let m = transposeSelf ? columns : rows
    let k = transposeSelf ? rows : columns
    var y = Matrix(m, transposeOther ? b.rows : b.columns)
    if y.elements.isEmpty || k == 0 { return y }
    cblas_dgemm(
      CblasColMajor, transposeSelf ? CblasTrans : CblasNoTrans, transposeOther ? CblasTrans : CblasNoTrans, blasint(m),
      blasint(y.columns), blasint(k), 1, elements, blasint(rows), b.elements, blasint(b.rows), 0, &y.elements,
      blasint(m))
    return y
  }

  /// selfᵀ b.
  func transposedTimes(_ b: Matrix) -> Matrix { times(b, transposeSelf: true) }
  /// self bᵀ.
  func timesTransposed(_ b: Matrix) -> Matrix { times(b, transposeOther: true) }
}

/// A tensor as matrices in its last two axes: `[…, rows, columns]`.
struct MatrixStack {
  let leading: Shape
  let rows: Int
  let columns: Int
  /// How many matrices.
  let count: Int

  /// Stops unless the tensor has matrices, and square ones where that is asked.
  init(_ operation: String, _ x: Tensor, isSquare: Bool = false) {
    guard x.shape.rank >= 2, !isSquare || x.shape[-1] == x.shape[-2] else {
      stop(operation, "a tensor of shape \(x.shape); expected \(isSquare ? "[…, n, n]" : "[…, m, n]")")
    }
    self.init(leading: Shape(x.shape.dimensions.dropLast(2)), x.shape[-2], x.shape[-1])
  }

  init(leading: Shape, _ rows: Int, _ columns: Int) {
    (self.leading, self.rows, self.columns, count) = (leading, rows, columns, leading.count)
  }

  /// Matrix `number` of a tensor of this shape.
  func read(_ x: Tensor, _ number: Int) -> Matrix {
    Matrix(reading: x.pointer + number * rows * columns, rows, columns)
  }

  /// All matrices of a tensor of this shape. Throws when one holds something that is not a finite number.
  func readAll(_ operation: String, _ x: Tensor) throws(LinearAlgebraError) -> [Matrix] {
    let matrices = (0..<count).map { read(x, $0) }
    if let bad = matrices.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(operation: operation, matrix: bad)
    }
    return matrices
  }

  /// A tensor of these matrices.
  func tensor(_ matrices: [Matrix]) -> Tensor {
    let y = Tensor(uninitialized: Shape(leading.dimensions + [rows, columns]))
    write(matrices, to: y.pointer, beta: 0)
    return y
  }

  func write(_ matrices: [Matrix], to pointer: UnsafeMutablePointer<Float>, beta: Float) {
    for (number, matrix) in matrices.enumerated() { matrix.write(to: pointer + number * rows * columns, beta: beta) }
  }
}
