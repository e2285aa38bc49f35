import BraidCore
import BraidNN
import BraidTraining
import EmojiDataset
import GatedFusion
import ImageEncoders
import PredictionHeads
import RecurrentEncoders
import TaskLosses
import TaskMetrics

let data = try EmojiDataset(.init())  // made by `braid data prepare emoji`
let scope = Scope(seed: 1)
let encoders: [any Encoder] = [
  try CNNEncoder(.init(), reading: data.inputs[0], in: scope["encoder.picture"]),
  try GRUEncoder(.init(), reading: data.inputs[1], in: scope["encoder.words"]),
]
let adapters = encoders.map {
  Adapter.needed(for: $0.output, by: GatedFusion.accepts, pooling: .mean, in: scope["adapter"])
}
let joined = zip(encoders, adapters).map { $1.output(of: $0.output) }
let fusion = try GatedFusion(.init(), joining: joined, in: scope["fusion"])
let head = try ClassificationHead(.init(), reading: fusion.output, predicting: data.target, in: scope["head"])
let model = FusionModel(encoders: encoders, adapters: adapters, fusion: fusion, head: head, in: scope)
let loss = try CrossEntropyLoss(.init(), for: data.target, in: scope["loss"])
let accuracy = try Accuracy(.init(), for: data.target)
let result = try train(model, loss, on: data, metrics: [("accuracy", accuracy)], seed: 1) { print($0) }
print(result.metrics[.test] ?? [:])
