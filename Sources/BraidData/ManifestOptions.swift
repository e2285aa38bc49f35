import BraidCore

/// How a manifest (a CSV, TSV or JSON-lines file, one sample a row) becomes a data set. Every setting has a default except
/// `file` and `modalities`.
///
/// ```yaml
/// file: birds/manifest.csv
/// modalities:
///   photo: {kind: image, size: 48}
///   caption: {kind: text, minimumCount: 2}
/// target: {column: species}
/// ```
public struct ManifestOptions: PartOptions {
  /// The manifest; its ending (`.csv`, `.tsv`, `.jsonl`, `.ndjson`) names the format. Files in it are relative to its folder.
  public var file = ""
  /// By name; the data set's order is the alphabetical one.
  public var modalities: OptionsMap<ModalityOptions> = [:]
  /// What is to be predicted.
  public var target = TargetOptions()
  /// How samples are shared out.
  public var split = SplitOptions()
  /// The column that names each sample, every name different. Empty: `id` where there is such a column, else `line 12` and so on.
  public var identifier = ""
  public init() {}
}

/// One modality of a manifest. Which settings matter depends on its kind.
public struct ModalityOptions: PartOptions {
  /// What a column holds.
  public enum Kind: String, Choice {
    /// From the first value: pictures and sounds by their ending, numbers as a vector, nested lists as a sequence, else text.
    case automatic
    /// A file (JPEG, PNG), or an array of bytes `[H, W]` or `[H, W, C]`.
    case image
    /// Words.
    case text
    /// Numbers, the same count for each sample.
    case vector
    /// Steps of numbers, any number of steps.
    case sequence
    /// A WAV file; becomes a sequence of log-mel frames.
    case audio
  }
  /// How other proportions are brought to the square.
  public enum PictureFit: String, Choice { case stretch, crop, pad }
  /// Whose scale of pitch.
  public enum MelName: String, Choice { case htk, slaney }

  /// What the column holds.
  public var kind = Kind.automatic
  /// Empty: the column named as the modality. An empty cell: the sample lacks this modality.
  public var column = ""
  /// For `vector`: one number from each of these columns, instead of `column`.
  public var columns: [String] = []

  /// For `image`: width and height in pixels.
  public var size = 32
  /// For `image`: 3 (colour) or 1 (grey).
  public var channels = 3
  /// For `image`: how other proportions are brought to the square.
  public var fit = PictureFit.stretch
  /// For `image`: red, green and blue, 0 … 255, under transparent parts and around padded pictures.
  public var background = [255, 255, 255]

  /// For `text`, `sequence`, `audio`: steps beyond so many are dropped; 0: none are.
  public var maximumLength = 0
  /// For `text`: words rarer than this in the training split are unknown words.
  public var minimumCount = 1
  /// For `text`: only so many of the most frequent words are known; 0: all.
  public var maximumWords = 0

  /// For `audio`: samples a second that every sound is brought to.
  public var rate = 16000
  /// For `audio`: length of a frame in seconds.
  public var window = 0.025
  /// For `audio`: from the start of one frame to the next, in seconds.
  public var hop = 0.010
  /// For `audio`: mel bands.
  public var mels = 40
  /// Whose scale of pitch a mel spectrum has.
  public var melScale = MelName.htk

  /// Bring numbers (each pixel channel, vector element or sequence feature) to mean 0 and deviation 1 over the training split.
  public var standardize = true
  public init() {}
}

/// What a manifest's samples are to be classified as, or the numbers to be predicted.
public struct TargetOptions: PartOptions {
  /// What is to be predicted.
  public enum Kind: String, Choice {
    /// One of several classes.
    case `class`
    /// Any number of labels: a JSON list, or texts joined by `separator`.
    case labels
    /// Numbers.
    case values
  }
  /// What is to be predicted.
  public var kind = Kind.class
  /// Where it stands.
  public var column = "label"
  /// For `values`: several numbers, one from each of these columns, instead of `column`.
  public var columns: [String] = []
  /// The allowed classes or labels, in order. Empty: all that occur, in alphabetical order (whole numbers by size).
  public var classes: [String] = []
  /// For `labels` in one text.
  public var separator = "|"
  public init() {}
}

/// Which sample belongs to which split.
public struct SplitOptions: PartOptions {
  /// The column that says `train`, `validation` or `test`. Empty: drawn at random by the settings below.
  public var column = ""
  /// Shares of the samples; together at most 1. Samples beyond them are left out.
  public var train = 0.7
  /// Share of the samples that validates.
  public var validation = 0.15
  /// Share that tests.
  public var test = 0.15
  /// Of the drawing.
  public var seed = 0
  /// Keep the classes' proportions in every split; for targets of kind `class`.
  public var stratified = true
  public init() {}
}
