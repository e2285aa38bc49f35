import Foundation
import Testing

@testable import BraidExperiments
@testable import BraidReports

@Suite("What a fusion looked at, drawn over a sample") struct SamplePictureTests {
  private let view = SampleView(
    identifier: "a & b", right: "cat",
    pictures: [.init(modality: "picture", bytes: Data([0x89, 0x50, 0x4e, 0x47]))],
    words: [.init(modality: "words", words: ["<red>", "cat"])])

  private func svg(_ extras: [SampleAnswer.Extra], grid: [Int]? = [2, 2]) -> String? {
    let answer = SampleAnswer(
      identifier: "a & b", seed: 1, predicted: "dog", isRight: false, extras: extras,
      grids: grid.map { ["picture": $0] } ?? [:])
    return SamplePicture(sample: view, answer: answer, modalities: ["picture", "words"]).svg()
  }
  private func frames(_ svg: String?) -> [String] {
    (svg ?? "").components(separatedBy: "<rect ").filter { $0.contains("stroke=\"#D55E00\"") }
      .map { String($0.prefix { $0 != "f" }).trimmingCharacters(in: .whitespaces) }
  }

  /// Two words ask; the four regions get (0.1 + 0.1)/2, (0.3 + 0.1)/2, (0.5 + 0.7)/2, (0.1 + 0.1)/2 = 0.1, 0.2, 0.6, 0.1.
  @Test func `the region with the highest mean weight is framed, the others are darker the less they got`() throws {
    let picture = try #require(
      svg([.init(name: "attention.words.picture", shape: [2, 4], values: [0.1, 0.3, 0.5, 0.1, 0.1, 0.1, 0.7, 0.1])]))
    // the third of 2 × 2 cells of 68: left column, lower row
    #expect(frames(picture) == ["x=\"1.0\" y=\"69.0\" width=\"66.0\" height=\"66.0\""])
    let shades = ["0.683", "0.547", "0.000", "0.683"]  // 0.82 (1 − w/0.6)
    let cells = picture.components(separatedBy: "fill=\"#102030\" fill-opacity=\"").dropFirst().map {
      String($0.prefix(5))
    }
    #expect(cells == shades)
    #expect(picture.contains("href=\"data:image/png;base64,iVBORw==\""))
    #expect(try #require(texts(picture)).contains("a & b"))
  }

  @Test func `the frame goes where the weight goes`() {
    let weights: [Float] = [0, 0, 1, 0, 0, 0]
    let extra = SampleAnswer.Extra(name: "attention.words.picture", shape: [1, 6], values: weights)
    // two rows of three: first row, third column, each 45.33 wide and 68 high
    #expect(
      frames(svg([extra], grid: [2, 3])).map { $0.hasPrefix("x=\"91.6666") && $0.contains("y=\"1.0\"") } == [true])
    #expect(frames(svg([extra], grid: [3, 2])).map { $0.hasPrefix("x=\"1.0\" y=\"46.3333") } == [true])
  }

  @Test func `words are shaded by their weights, rows without weight do not count`() throws {
    let picture = try #require(
      svg(
        [.init(name: "attention.picture.words.1", shape: [3, 2], values: [0.25, 0.75, 0, 0, 0.25, 0.75])], grid: nil))
    let shades = picture.components(separatedBy: "fill=\"#E69F00\" fill-opacity=\"").dropFirst().map {
      String($0.prefix(5))
    }
    #expect(shades == ["0.300", "0.900"])
    #expect(try #require(texts(picture)).filter { $0 == "<red>" }.count == 2 && texts(picture)!.contains("step 1"))
  }

  @Test func `gates are bars of their mean over features`() throws {
    let gates: [SampleAnswer.Extra] = [
      .init(name: "gate.picture", shape: [2], values: [0.25, 0.5]),
      .init(name: "gate.words", shape: [1], values: [0.875]),
    ]
    let picture = try #require(svg(gates))
    let words = try #require(texts(picture))
    #expect(words.contains("mean gate") && words.contains("0.38") && words.contains("0.88"))
    #expect(picture.contains("width=\"51.0\" height=\"9\" fill=\"#0072B2\""))  // 136 · 0.375
    #expect(picture.contains("width=\"119.0\" height=\"9\" fill=\"#0072B2\""))  // 136 · 0.875
  }

  @Test func `attention to one step is a bar; the mean over several steps says nothing and is none`() throws {
    let one = SampleAnswer.Extra(name: "attention.picture.words", shape: [1, 1], values: [0.25])
    #expect(try #require(texts(svg([one], grid: nil) ?? "")).contains("picture → words"))
    let several = SampleAnswer.Extra(name: "attention.picture.words", shape: [1, 2], values: [0.25, 0.75])
    #expect(try !#require(texts(svg([several], grid: nil) ?? "")).contains("picture → words"))
  }

  @Test func `a fusion that shows nothing gives no picture`() {
    #expect(svg([]) == nil)
    #expect(svg([.init(name: "norm", shape: [2], values: [1, 2])]) == nil)
  }

  @Test func `shapes that fit nothing do not trap`() {
    let names = ["attention.words.picture", "attention.picture.words", "attention.x.y", "attention", "gate", "gate."]
    let shapes: [([Int], [Float])] = [
      ([], []), ([0], []), ([3], [1, 2]), ([-1], [1]), ([2, 7], [1, 2, 3]), ([4], [.nan, 1, .infinity, 0]),
      ([4], [0, 0, 0, 0]),
      ([], [1]), ([1, 4], [1, 2, 3, 4]),
    ]
    let grids: [[Int]?] = [nil, [], [4], [0, 0], [-1, -4], [.max, 2], [2, .max], [1, 3], [2, 2, 1], [4, 1]]
    var drawn = 0
    for name in names {
      for (shape, values) in shapes {
        for grid in grids {
          guard let picture = svg([.init(name: name, shape: shape, values: values)], grid: grid) else { continue }
          #expect(texts(picture) != nil, "\(name) \(shape) \(String(describing: grid)): not XML")
          drawn += 1
        }
      }
    }
    #expect(drawn > 0)
  }
}
