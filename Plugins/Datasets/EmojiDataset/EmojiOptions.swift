import BraidCore

/// Settings of the emoji data set.
public struct EmojiOptions: PartOptions {
  public enum Words: String, Choice {
    /// CLDR's keywords; the name where there are none, or none is left.
    case keywords
    /// The short name.
    case name
    /// The name, then the keywords.
    case both
  }
  public enum Label: String, Choice {
    /// `Smileys & Emotion` and so on: 9 classes.
    case group
    /// `face-smiling` and so on: 99 classes.
    case subgroup
  }
  public enum Twins: String, Choice {
    /// Near twins (see `NearTwins`) stay on one side of the split.
    case together
    /// Every emoji by itself: *woman astronaut* may train what *man astronaut* tests.
    case apart
  }
  /// Shares of the samples, drawn with a seed of its own: the same for every seed of a comparison.
  public struct Shares: PartOptions {
    public var train = 0.7
    public var validation = 0.15
    public var test = 0.15
    public var seed = 1
    public init() {}
  }

  /// The prepared folder; relative paths start where the program does.
  public var folder = EmojiDataset.preparedFolder
  /// Width and height pictures are brought to.
  public var pictureSize = 32
  /// Which words describe an emoji.
  public var words = Words.keywords
  /// Leave out words that stand in the names of the groups, in singular and plural (flag, food, animals, …).
  public var withoutGroupWords = true
  /// Only so many words of each emoji, drawn at random once and for all; 0: all of them. Makes the task harder.
  public var wordLimit = 0
  /// Words rarer than this in the training split are unknown words.
  public var minimumCount = 1
  public var target = Label.group
  /// False: without the group Flags, whose names are proper nouns.
  public var flags = true
  public var nearTwins = Twins.together
  public var split = Shares()
  /// Only this share of the training split, drawn at random in each class. Makes the task harder.
  public var trainShare = 1.0
  public init() {}
}
