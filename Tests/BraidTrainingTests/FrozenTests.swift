import BraidCore
import BraidData
import BraidNN
import BraidTensor
import Foundation
import StandardParts
import Synchronization
import Testing

@testable import BraidTraining

@Suite("Frozen encoders") struct FrozenTests {
  /// Pictures of 8×8 and sentences of one to nine words; some samples lack one of them.
  private func data() throws -> ObservedData {
    var stream = RandomStream(seed: 3, .sampling)
    let count = 60
    let pixels = (0..<count * 64).map { _ in UInt8(stream.below(256)) }
    let words = ["red", "green", "blue", "sky", "sea", "stone"]
    let texts = (0..<count).map { _ in
      (0..<(1 + Int(stream.below(9)))).map { _ in words[Int(stream.below(6))] }.joined(separator: " ")
    }
    return try ObservedData(
      PreparedData(
        [
          SourceColumn(
            "picture", .images(pixels, channels: 1, height: 8, width: 8), presence: (0..<count).map { $0 % 7 != 3 }),
          SourceColumn("words", .texts(texts), presence: (0..<count).map { $0 % 5 != 4 }),
        ], target: .classes((0..<count).map { $0 % 2 }, names: ["even", "odd"]), splits: Toy.splits(count, train: 30)))
  }

  private func frozen(
    _ data: any Dataset, _ modality: String, _ part: String, _ settings: [String: Setting] = [:], seed: UInt64 = 1
  ) throws -> FrozenEncoder {
    let scope = Scope(seed: seed)
    let entry = try #require(Catalogue.standard.encoders[part])
    let input = try #require(data.inputs.first { $0.name == modality })
    let encoder = try entry.make(settings, modality, input, scope["encoder.\(modality)"])
    return FrozenEncoder(encoder, in: scope.store, part: "\(part) \(settings)")
  }
  private static let normed: [String: Setting] = [
    "channels": .list([.integer(3), .integer(5)]), "batchNorm": .bool(true), "dropout": .number(0.5),
  ]
  private func both(_ data: any Dataset) throws -> [FrozenEncoder] {
    try [frozen(data, "picture", "cnn", Self.normed), frozen(data, "words", "gru", ["width": .integer(6)])]
  }

  /// What is served for some samples: values, steps and presence of every modality.
  private func served(_ data: any Dataset, _ split: Split, _ samples: [Int]) throws -> [String: [[Float]]] {
    try data.batch(split, samples).inputs.mapValues {
      [$0.values?.elements ?? [], $0.steps?.elements ?? [], $0.presence?.elements ?? []]
    }
  }

  @Test func `A sample's features are those its encoder gives for it alone, whichever samples stand beside it`() throws
  {
    let data = try data()
    let encoders = try both(data)
    let wrapped = try FrozenDataset(data, encoders, of: ["picture", "words"], build: "")
    for (index, frozen) in encoders.enumerated() {
      let name = ["picture", "words"][index]
      for sample in 0..<data.count(.train) {
        var context = Context.evaluation()
        let alone = frozen.encoder(try data.batch(.train, [sample]).inputs[name]!, &context)
        guard alone.presence == nil else { continue }  // what an absent sample gives is not looked at
        for others in [[], [1, 2, 5], [11, 12, 13, 14, 15, 16]] {
          let batch = try wrapped.batch(.train, others + [sample]).inputs[name]!
          let values = batch.values!.elements.suffix(batch.values!.count / batch.batch)
          #expect(Array(values.prefix(alone.values.count)) == alone.values.elements, "to the bit")
          #expect(values.dropFirst(alone.values.count).allSatisfy { $0 == 0 })
          let steps = batch.steps?.elements.suffix(batch.values!.shape[1]) ?? []
          #expect(steps.reduce(0, +) == (batch.steps == nil ? 0 : Float(alone.values.shape[1])))
        }
      }
    }
    #expect(try wrapped.batch(.train, [0]).inputs["picture"]!.grid! == (rows: 2, columns: 2))
  }

  @Test func `Encoding a padded batch gives the same within rounding`() throws {
    let data = try data()
    let encoders = try both(data)
    let wrapped = try FrozenDataset(data, encoders, of: ["picture", "words"], build: "")
    let samples = Array(0..<data.count(.test))
    for (frozen, name) in zip(encoders, ["picture", "words"]) {
      var context = Context.evaluation()
      let together = frozen.encoder(try data.batch(.test, samples).inputs[name]!, &context)
      let stored = try wrapped.batch(.test, samples).inputs[name]!
      #expect(stored.values!.shape == together.values.shape)
      #expect((stored.presence?.elements ?? []) == (together.presence?.elements ?? []))
      let mask = Features(stored.values!, steps: stored.steps, presence: stored.presence).stepMask!
      #expect(mask.elements == (together.stepMask ?? Tensor(repeating: 1, mask.shape)).elements)
      var largest: Float = 0
      for (a, b) in zip(
        Features(stored.values!, steps: mask).masked.elements, together.values.scaledRows(mask).elements)
      {
        largest = max(largest, abs(a - b))
      }
      #expect(largest < 1e-5, "\(name): \(largest)")
    }
  }

  @Test func `Features are computed once, and those found are the same bits as those made`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try data()
    let store = ContentStore(folder)
    let plain = try FrozenDataset(data, both(data), of: ["picture", "words"], build: "b")
    func kept(_ encoders: [FrozenEncoder], build: String = "b") throws -> FrozenDataset {
      try ContentStore.$current.withValue(store) {
        try FrozenDataset(data, encoders, of: ["picture", "words"], build: build)
      }
    }
    for _ in 0..<2 {
      let found = try kept(both(data))
      for split in Split.allCases {
        let all = Array(0..<data.count(split))
        #expect(try served(found, split, all) == served(plain, split, all))
        for sample in all { #expect(try served(found, split, [sample]) == served(plain, split, [sample])) }
      }
      #expect(store.entries().count == 6, "two encoders, three splits")
    }
    // whatever features depend on gives others
    let pictures = try frozen(data, "picture", "cnn", Self.normed)
    _ = try kept([frozen(data, "picture", "cnn", Self.normed, seed: 2)])
    #expect(store.entries().count == 9)
    _ = try kept([FrozenEncoder(pictures.encoder, in: pictures.store, part: "another version")])
    #expect(store.entries().count == 12)
    _ = try kept([pictures], build: "another build")
    #expect(store.entries().count == 15)
    pictures.store.buffers[0].assign(Tensor(repeating: 0.5, pictures.store.buffers[0].shape))
    _ = try kept([pictures])
    #expect(store.entries().count == 18, "running statistics count as well")
  }

  @Test func `A model over frozen features trains what is left, and the encoders keep their values`() throws {
    let data = try data()
    let encoders = try both(data)
    let before = encoders.map(\.digest)
    let wrapped = try FrozenDataset(data, encoders, of: ["picture", "words"], build: "")
    let scope = Scope(seed: 1)
    let places = encoders.map { StoredFeatures($0.encoder.output) }
    let adapters = places.map { Adapter.needed(for: $0.output, by: .vectors, pooling: .mean, in: scope) }
    let fusion = try #require(Catalogue.standard.fusions["concat"])
      .make([:], "fusion", zip(adapters, places).map { $0.output(of: $1.output) }, scope["fusion"])
    let head = try #require(Catalogue.standard.heads["classification"])
      .make([:], "head", fusion.output, data.target, scope["head"])
    let loss = try #require(Catalogue.standard.losses["cross-entropy"]).make([:], "loss", data.target, scope["loss"])
    let model = FusionModel(encoders: places, adapters: adapters, fusion: fusion, head: head, in: scope)
    let options = TrainingOptions.with {
      ($0.epochs, $0.batchSize, $0.optimizer, $0.weightDecay, $0.emaDecay) = (4, 8, .adamw, 0.1, 0.5)
    }
    let result = try train(model, loss, on: wrapped, metrics: [], options: options, seed: 1)
    #expect(result.epochs.last!.trainLoss < result.epochs[0].trainLoss)
    #expect(encoders.map(\.digest) == before)
    #expect(model.store.parameters.allSatisfy { !$0.path.hasPrefix("encoder.") })
    #expect(encoders[0].store.parameters.allSatisfy { $0.path.hasPrefix("encoder.picture.") })
  }

  @Test func `Modalities that nobody reads are neither served nor asked for`() throws {
    let data = try data()
    let wrapped = try FrozenDataset(data, [frozen(data, "words", "gru")], of: ["words"], build: "")
    #expect(wrapped.inputs.map(\.name) == ["words"])
    #expect(try wrapped.batch(.train, [0, 1]).inputs.keys.sorted() == ["words"])
    #expect(try data.data.batch(.train, [0], of: ["picture"]).inputs.keys.sorted() == ["picture"])
    let mixed = try FrozenDataset(data, [frozen(data, "words", "gru")], of: ["picture", "words"], build: "")
    let (own, raw) = (try mixed.batch(.train, [0, 1]), try data.batch(.train, [0, 1]))
    #expect(own.inputs["picture"]!.values!.elements == raw.inputs["picture"]!.values!.elements)
    #expect(mixed.inputs[0] == data.inputs[0] && mixed.inputs[1].kind != data.inputs[1].kind)
  }

  @Test func `For a trial only the samples asked for are encoded`() throws {
    let data = try data()
    let encoders = try both(data)
    let whole = try FrozenDataset(data, encoders, of: ["picture", "words"], build: "")
    let some = try FrozenDataset(data, encoders, of: ["picture", "words"], training: [7, 2, 7])
    #expect(some.count(.train) == data.count(.train))
    #expect(try served(some, .train, [7, 2]) == served(whole, .train, [7, 2]))
  }
}
