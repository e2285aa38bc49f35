import BraidTensor

/// Where parameters are made; making one registers it.
///
/// A parameter's first value depends on the seed and its own path only, so swapping the fusion leaves the encoders' first
/// weights bit-identical. Nothing is discovered by reflection and there is no list to keep by hand.
public struct Scope {
  /// The experiment's seed.
  public let seed: UInt64
  /// Dotted path of this scope, empty at the root.
  public let path: String
  /// Where all parameters made through this scope and its children are kept.
  public let store: ParameterStore

  /// The root scope of a model.
  public init(seed: UInt64) { self.init(seed: seed, path: "", store: ParameterStore()) }

  init(seed: UInt64, path: String, store: ParameterStore) {
    self.seed = seed
    self.path = path
    self.store = store
  }

  /// A child scope: `scope["encoder.text"]` and `scope["encoder"]["text"]` are the same.
  public subscript(_ name: String) -> Scope { Scope(seed: seed, path: join(name), store: store) }

  func join(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// Makes and registers a parameter. Stops when the path is taken.
  public func parameter(_ name: String, _ shape: Shape, _ initializer: Initializer) -> Parameter {
    let full = join(name)
    var stream = RandomStream(seed: seed, .initialization, path: full)
    return store.add(full, shape) { initializer.write($0, &stream) }
  }

  /// Makes and registers a tensor that is saved with the parameters but not trained. Stops when the path is taken.
  /// - Parameter fill: the first value of every element.
  public func buffer(_ name: String, _ shape: Shape, _ fill: Float) -> Buffer {
    store.add(buffer: join(name), Tensor(repeating: fill, shape))
  }

  /// The parameters made under this scope, in the order of making.
  public var parameters: [Parameter] {
    path.isEmpty ? store.parameters : store.parameters.filter { $0.path == path || $0.path.hasPrefix(path + ".") }
  }
}
