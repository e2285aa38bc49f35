import BraidCore

/// Settings of the emoji data set.
public struct EmojiOptions: PartOptions {
  /// Where an emoji's words come from.
  public enum Words: String, Choice {
    /// CLDR's keywords; the name where there are none, or none is left.
    case keywords
    /// The short name.
    case name
    /// The name, then the keywords.
    case both
  }
  /// What is to be predicted.
  public enum Label: String, Choice {
    /// `Smileys & Emotion` and so on: 9 classes.
    case group
    /// `face-smiling` and so on: 99 classes.
    case subgroup
  }
  /// What becomes of emojis that look alike.
  public enum Twins: String, Choice {
    /// Near twins (see `NearTwins`) stay on one side of the split.
    case together
    /// Every emoji by itself: *woman astronaut* may train what *man astronaut* tests.
    case apart
  }
  /// Shares of the samples, drawn with a seed of its own: the same for every seed of a comparison.
  public struct Shares: PartOptions {
    /// Share of the samples that train.
    public var train = 0.7
    /// Share that validates.
    public var validation = 0.15
    /// Share that tests.
    public var test = 0.15
    /// Of the drawing.
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
  /// What is to be predicted.
  public var target = Label.group
  /// False: without the group Flags, whose names are proper nouns.
  public var flags = true
  /// What becomes of emojis that look alike.
  public var nearTwins = Twins.together
  /// How samples are shared out.
  public var split = Shares()
  /// Only this share of the training split, drawn at random in each class. Makes the task harder.
  public var trainShare = 1.0
  public init() {}
}
