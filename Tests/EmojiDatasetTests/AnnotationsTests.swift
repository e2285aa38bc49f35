import BraidCore
import BraidTensor
import EmojiDataset
import Testing

@Suite struct `CLDR annotations` {
  private let text = """
    <?xml version="1.0" encoding="UTF-8" ?>
    <!DOCTYPE ldml SYSTEM "../../common/dtd/ldml.dtd">
    <!-- <annotation cp="x">not this one</annotation> -->
    <ldml>
      <annotations>
        <annotation cp="😀">face | grin | grinning face</annotation>
        <annotation cp="😀" type="tts">grinning face</annotation>
        <annotation cp='&lt;' type="tts">less &amp; &#x6C;ess</annotation>
        <annotation type="tts" cp="Ω">omega</annotation>
        <annotation cp="&#x2126;" type="tts">ohm</annotation>
        <annotation cp="☹️" draft="contributed" type="tts">frowning
          face</annotation>
      </annotations>
    </ldml>
    """

  @Test func `give names and keywords by code points without variation selectors`() throws {
    var annotations = Annotations()
    #expect(try annotations.add(Array(text.utf8), file: "en.xml") == 5)
    #expect(annotations.names[[0x1F600]] == "grinning face")
    #expect(annotations.keywords == [[0x1F600]: ["face", "grin", "grinning face"]])
    #expect(annotations.names[[0x3C]] == "less & less")
    #expect(annotations.names[[0x2639]] == "frowning\n      face")
    #expect(annotations.names[[0x78]] == nil)  // in a comment
  }

  @Test func `keep apart what Unicode holds equal`() throws {
    var annotations = Annotations()
    try annotations.add(Array(text.utf8), file: "en.xml")
    #expect(annotations.names[[0x3A9]] == "omega")
    #expect(annotations.names[[0x2126]] == "ohm")
  }

  @Test func `of a second file add only what is not known`() throws {
    var annotations = Annotations()
    try annotations.add(Array(text.utf8), file: "en.xml")
    let more = #"<a><annotation cp="😀" type="tts">other</annotation><annotation cp="😃" type="tts">new</annotation></a>"#
    #expect(try annotations.add(Array(more.utf8), file: "derived.xml") == 1)
    #expect(annotations.names[[0x1F600]] == "grinning face")
    #expect(annotations.names[[0x1F603]] == "new")
  }

  @Test(arguments: [
    ("<a>\n<annotation type=\"tts\">x</annotation></a>", "en.xml:2: an annotation without the attribute cp."),
    ("<a>\n<annotation cp=\"x\">never ends", "en.xml:2: the element annotation has no end."),
    ("<a>\n\n<!-- never ends", "en.xml:3: a comment has no end."),
    ("<a>\n<annotation cp=\"x\"", "en.xml:2: a tag has no end."),
    ("<a>\n<annotation cp=x>y</annotation>", "en.xml:2: an attribute that is not name=\"value\"."),
    ("<annotation cp=\"&bomb;\">y</annotation>", "en.xml:1: unknown entity &bomb;."),
    ("<annotation cp=\"x\">a & b</annotation>", "en.xml:1: an & without its ;."),
    ("<ldml></ldml>", "en.xml: no annotations in it; expected a CLDR annotation file."),
  ])
  func `that are damaged are refused with file and line`(text: String, message: String) {
    #expect(throws: SetupError(message)) {
      var annotations = Annotations()
      try annotations.add(Array(text.utf8), file: "en.xml")
    }
  }

  @Test func `that are mutated at random never stop the program`() {
    var random = RandomStream(seed: 3, .sampling, path: "annotations")
    let sound = Array(text.utf8)
    let marks = Array("<>!-\"'=&;|/# ".utf8)
    var refused = 0
    for _ in 0..<4000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        bytes[at] =
          Bool.random(using: &random) ? marks.randomElement(using: &random)! : .random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0..<bytes.count / 4, using: &random))
      do {
        var annotations = Annotations()
        try annotations.add(bytes, file: "en.xml")
      } catch {
        #expect(error is SetupError)
        refused += 1
      }
    }
    #expect(refused > 400 && refused < 4000)
  }
}
