import BraidCore
import BraidNN
import BraidTraining
import Foundation

/// Where a frozen encoder has its parameters from.
public struct FrozenParameters: Codable, Sendable, Hashable {
  /// A safetensors file; empty: the first weights of the run's seed.
  public var file: String
  /// Of names, shapes and values of the encoder's parameters in the file; empty for first weights, which the seed decides.
  public var digest: String

  public init(file: String = "", digest: String = "") { (self.file, self.digest) = (file, digest) }

  /// What a file says under `frozen`: modalities (`[picture]`: their first weights), or a map from modalities to files, to
  /// finished runs' folders, or to `initial`. By modality, files as they are written; empty for first weights.
  static func read(_ written: Setting, at place: String) throws -> [String: String] {
    let expected = "expected modalities, such as [picture], or a map of them to parameter files, runs, or initial"
    func name(_ value: Setting, _ place: String) throws -> String {
      guard case .text(let text) = value, !text.isEmpty else {
        throw SetupError("\(place): found \(value) (\(value.kind)); \(expected).")
      }
      return text
    }
    switch written {
    case .null: return [:]
    case .text(let text): return [text: ""]
    case .list(let list):
      var result: [String: String] = [:]
      for (index, item) in list.enumerated() {
        let modality = try name(item, "\(place)[\(index)]")
        try require(
          result.updateValue("", forKey: modality) == nil, "\(place)[\(index)]: \"\(modality)\" is listed twice.")
      }
      return result
    case .map(let map):
      return try map.reduce(into: [:]) { result, item in
        let text = try name(item.value, "\(place).\(item.key)")
        result[item.key] = text == "initial" ? "" : text
      }
    default: throw SetupError("\(place): found \(written) (\(written.kind)); \(expected).")
    }
  }

  /// Looks into the file a modality's encoder is to come from.
  /// - Parameters:
  ///   - written: as `read` returns it.
  /// - Throws: `SetupError` when there is no such file or it holds nothing for the encoder.
  init(written: String, modality: String, at place: String) throws {
    guard !written.isEmpty else {
      self.init()
      return
    }
    var isFolder: ObjCBool = false
    let isRun = FileManager.default.fileExists(atPath: written, isDirectory: &isFolder) && isFolder.boolValue
    let path = isRun ? "\(written)/\(RunFolder.parametersFile)" : written
    let file: Safetensors
    do { file = try Safetensors(contentsOf: path) } catch { throw SetupError("\(place).\(modality): \(error)") }
    let beginning = "encoder.\(modality)."
    let names = file.names.filter { $0.hasPrefix(beginning) }
    guard !names.isEmpty else {
      let parts = Set(file.names.map { $0.split(separator: ".").prefix(2).joined(separator: ".") }).sorted()
      throw SetupError(
        "\(place).\(modality): \(path) holds no parameters of encoder.\(modality); it holds "
          + "\(parts.isEmpty ? "none" : parts.prefix(10).joined(separator: ", ")).")
    }
    let tensors = try names.map { (path: $0, value: try file.tensor($0)) }
    self.init(file: path, digest: FrozenEncoder.digest(of: tensors))
  }

  /// Gives an encoder the file's values; those of first weights are there already.
  /// - Throws: `SetupError` naming every parameter that is missing, unknown or of another shape, and a file that changed
  ///   since the plan was made.
  func load(into encoder: FrozenEncoder, at place: String) throws {
    guard !file.isEmpty else { return }
    do { try encoder.store.load(from: Safetensors(contentsOf: file), within: "encoder.\(encoder.name).") } catch {
      throw SetupError("\(place).\(encoder.name): \(error)")
    }
    try require(
      encoder.digest == digest,
      "\(place).\(encoder.name): \(file) changed since the plan was made. Run the experiment again.")
  }
}
