import BraidNN
import BraidTensor
import Foundation

/// Golden values made by a committed script, with where they come from.
///
/// A safetensors file under `Tests/Fixtures`: `input.<name>`, `parameter.<path>`, `output`, `extra.<name>`, `upstream`,
/// `gradient.input.<name>`, `gradient.parameter.<path>`; metadata `made-by`, `command`, `library`, `seed`, `tolerance`,
/// `reason`.
public struct Fixture {
  /// `family/case`.
  public let name: String
  /// What is proven by it, as `ErrorTable` names it.
  public let operation: String
  /// The file itself.
  public let file: Safetensors

  /// Metadata every fixture carries.
  public static let provenance = ["made-by", "command", "library", "seed", "tolerance", "reason"]

  /// - Parameters:
  ///   - name: `family/case`, without `.safetensors`.
  ///   - operation: whose golden values these are. By default the family and the first word of the case, so
  ///     `indexing/gather` for `indexing/gather0`; for a case in a deeper folder that folder.
  ///   - root: the folder the families are in. By default `Fixtures` or `Tests/Fixtures` in the nearest folder above
  ///     `caller`.
  /// - Throws: `SafetensorsError` when the file is missing, damaged, or lacks its provenance.
  public init(_ name: String, of operation: String? = nil, root: String? = nil, caller: String = #filePath) throws {
    let folder = try root ?? Fixture.folder(above: caller)
    file = try Safetensors(contentsOf: "\(folder)/\(name).safetensors")
    self.name = name
    self.operation = operation ?? Fixture.operation(of: name)
    let missing = Fixture.provenance.filter { file.metadata[$0] == nil }
    guard missing.isEmpty, Double(file.metadata["tolerance"] ?? "") != nil else {
      throw SafetensorsError(
        "\(file.source): lacks provenance: \(missing.isEmpty ? "tolerance is no number" : "\(missing)").")
    }
  }

  private static func operation(of name: String) -> String {
    let parts = name.split(separator: "/")
    let folder = parts.dropLast().joined(separator: "/")
    let word = parts.last?.prefix { $0.isLetter } ?? ""
    return parts.count == 2 && !word.isEmpty ? "\(folder)/\(word)" : folder
  }

  /// `Fixtures` or `Tests/Fixtures` in the nearest folder above a source file.
  public static func folder(above source: String) throws -> String {
    var place = URL(fileURLWithPath: source)
    while place.path != "/" {
      place.deleteLastPathComponent()
      for candidate in [place.appendingPathComponent("Fixtures"), place.appendingPathComponent("Tests/Fixtures")] {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), isFolder.boolValue {
          return candidate.path
        }
      }
    }
    throw SafetensorsError("\(source): no folder above it has Fixtures or Tests/Fixtures.")
  }

  /// The relative error its maker allows, for the reason in the metadata.
  public var tolerance: Double { Double(file.metadata["tolerance"] ?? "") ?? 0 }

  /// A tensor, rounded to `Float`. Inputs and parameters were drawn so that this is exact.
  ///
  /// It is a view: its memory begins three elements into a larger tensor that holds NaN on both sides. So every golden
  /// case also sees an operation that reads beyond its operand, or wants it aligned as fresh memory is.
  public func tensor(_ name: String) throws -> Tensor {
    let tensor = try file.tensor(name)
    let around = Tensor(repeating: .nan, Shape(tensor.count + 8))
    (around.pointer + 3).update(from: tensor.pointer, count: tensor.count)
    return Tensor(viewing: around, offset: 3, shape: tensor.shape)
  }
  /// The tensor if the file has it: masks that only some cases have.
  public func optional(_ name: String) throws -> Tensor? { file.contains(name) ? try tensor(name) : nil }
  /// The golden numbers themselves, row-major.
  public func doubles(_ name: String) throws -> [Double] { try file.doubles(name) }
  /// Whole numbers by name.
  public func integers(_ name: String) throws -> [Int32] { try file.integers(name) }
  /// The shape of a tensor by name.
  public func shape(_ name: String) throws -> Shape { try file.shape(name) }
  /// The tensors whose names begin so, sorted.
  public func names(prefix: String) -> [String] { file.names.filter { $0.hasPrefix(prefix) }.sorted() }

  /// Gives every parameter of a model its value from `parameter.<path>`; paths and shapes must be exactly the model's.
  public func load(into store: ParameterStore) throws { try store.load(from: file, prefix: "parameter.") }
}
