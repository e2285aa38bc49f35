import BraidTensor

/// Which emoji are so alike that one on each side of a split would be a leak.
///
/// Pictures and names of joined sequences are compositional: who knows *woman astronaut* knows *man astronaut*. Two
/// emoji are near twins when one of these is the same:
/// - the sequence after gender signs, hair and the kind of person are taken out (man, woman and person astronaut; all
///   families; all couples with heart; running, man running, woman running);
/// - the name after words of colour, gender and age are taken out (red heart and blue heart; prince stays apart from
///   princess);
/// - the picture, byte for byte (flags of territories);
/// - being a keycap, or a clock face.
///
/// Twins of twins are twins.
public enum NearTwins {
  /// The cluster of each emoji: the position of its first member.
  /// - Parameter pictures: in the same order, anything that is equal for equal pictures.
  public static func clusters(_ emoji: [Emoji], pictures: [some Hashable]) -> [Int] {
    guard emoji.count == pictures.count else {
      stop("near twins", "\(emoji.count) emoji with \(pictures.count) pictures")
    }
    var leader = Array(emoji.indices)
    func find(_ member: Int) -> Int {
      var root = member
      while leader[root] != root { root = leader[root] }
      return root
    }
    func join(_ a: Int, _ b: Int) {
      let (a, b) = (find(a), find(b))
      leader[max(a, b)] = min(a, b)  // the first member leads
    }
    var byKey: [String: Int] = [:]
    var byPicture: [AnyHashable: Int] = [:]
    for index in emoji.indices {
      for key in keys(emoji[index]) {
        if let other = byKey[key] { join(index, other) } else { byKey[key] = index }
      }
      if let other = byPicture[pictures[index]] { join(index, other) } else { byPicture[pictures[index]] = index }
    }
    return emoji.indices.map(find)
  }

  /// What an emoji shares with its near twins.
  static func keys(_ emoji: Emoji) -> [String] {
    let points = emoji.codePoints.filter { $0 != 0xFE0F }
    var keys = ["sequence " + personless(points).map(hexadecimal).joined(separator: "-")]
    if points.last == 0x20E3 { keys.append("keycap") }
    if points.count == 1, (0x1F550...0x1F567).contains(points[0]) { keys.append("clock") }
    let words = emoji.name.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
    let plain = words.filter { !unremarkable.contains($0) }
    if !plain.isEmpty { keys.append("name " + plain.joined(separator: " ")) }
    return keys
  }

  /// The sequence without what tells one person from another. Starts with a mark where a person was, so that an
  /// astronaut is no rocket.
  private static func personless(_ points: [UInt32]) -> [UInt32] {
    if points.count == 1, !persons.contains(points[0]) { return holdingHands.contains(points[0]) ? [0x1F46B] : points }
    let people = points.filter(persons.contains)
    let rest = points.filter { !persons.contains($0) && !hairAndGender.contains($0) && $0 != 0x200D }
    if people.isEmpty { return rest }
    if rest.isEmpty { return people.count > 1 ? [0x1F46A] : [0x1F9D1] }  // a family, or one person
    if people.count > 1 {
      if rest.contains(0x1F48B) { return [0x1F48F] }  // kiss
      if rest.contains(0x2764) { return [0x1F491] }  // couple with heart
      if rest.contains(0x1F91D) { return [0x1F46B] }  // holding hands
    }
    return [0x1F9D1] + rest
  }

  private static let persons: Set<UInt32> = [
    0x1F466, 0x1F467, 0x1F468, 0x1F469, 0x1F471, 0x1F474, 0x1F475, 0x1F476, 0x1F9D1, 0x1F9D2, 0x1F9D3, 0x1F9D4,
  ]
  private static let hairAndGender: Set<UInt32> = [0x2640, 0x2642, 0x1F9B0, 0x1F9B1, 0x1F9B2, 0x1F9B3]
  private static let holdingHands: Set<UInt32> = [0x1F46B, 0x1F46C, 0x1F46D]
  /// Words that tell near twins apart.
  private static let unremarkable: Set<String> = [
    "red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey", "gray", "pink", "light",
    "dark",
    "small", "medium", "large", "man", "woman", "men", "women", "boy", "girl", "person", "people", "old", "older",
  ]
}
