import AttentionFusion
import BraidCore
import CoAttentionFusion
import ConcatFusion
import EmojiDataset
import GatedFusion
import ImageEncoders
import ManifestDataset
import PredictionHeads
import RecurrentEncoders
import TaskLosses
import TaskMetrics
import TensorFusion
import TextEncoders
import VectorEncoders

extension Catalogue {
  /// Every shipped part: the one list. A part that is not here is in no experiment file.
  public static var standard: Catalogue {
    var catalogue = Catalogue()
    catalogue.add(MLPEncoder.self)
    catalogue.add(IdentityEncoder.self)
    catalogue.add(BagOfWordsEncoder.self)
    catalogue.add(EmbeddingEncoder.self)
    catalogue.add(GRUEncoder.self)
    catalogue.add(LSTMEncoder.self)
    catalogue.add(CNNEncoder.self)

    catalogue.add(ConcatFusion.self)
    catalogue.add(GatedFusion.self)
    catalogue.add(TensorFusion.self)
    catalogue.add(AttentionFusion.self)
    catalogue.add(CoAttentionFusion.self)

    catalogue.add(ClassificationHead.self)
    catalogue.add(MultiLabelHead.self)
    catalogue.add(RegressionHead.self)

    catalogue.add(CrossEntropyLoss.self)
    catalogue.add(BinaryCrossEntropyLoss.self)
    catalogue.add(MeanSquaredErrorLoss.self)
    catalogue.add(MeanAbsoluteErrorLoss.self)

    catalogue.add(Accuracy.self)
    catalogue.add(Precision.self)
    catalogue.add(Recall.self)
    catalogue.add(MacroF1.self)
    catalogue.add(WeightedF1.self)
    catalogue.add(MeanAbsoluteError.self)
    catalogue.add(MeanSquaredError.self)
    catalogue.add(PearsonCorrelation.self)

    catalogue.add(EmojiDataset.self)
    catalogue.add(ManifestDataset.self)
    return catalogue
  }
}
