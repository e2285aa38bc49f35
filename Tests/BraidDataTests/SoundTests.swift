import BraidCore
import BraidData
import BraidTesting
import Foundation
import Testing

@Suite struct SoundTests {
  @Test(arguments: [
    ("pcm8.wav", 1, 8000), ("pcm16.wav", 2, 8000), ("pcm24.wav", 2, 44100), ("pcm32.wav", 2, 48000),
    ("float32.wav", 2, 16000),
    ("float64.wav", 1, 16000),
  ])
  func `every WAV encoding gives the samples that were written`(_ name: String, _ channels: Int, _ rate: Int) throws {
    let sound = try WAV.decode(file(name), named: name)
    #expect(sound.channels == channels && sound.rate == rate)
    let golden = try expected().doubles(name)
    #expect(sound.samples.count == golden.count)
    // 32 bits do not fit a Float: half a unit in its last place.
    #expect(zip(sound.samples, golden).allSatisfy { abs(Double($0) - $1) <= 0x1p-24 * max(abs($1), 0x1p-3) })
  }

  @Test func `mono is the mean of the channels`() {
    #expect(Sound(rate: 1, channels: 2, samples: [1, 0, -1, 0.5]).mono == [0.5, -0.25])
  }

  @Test(arguments: LogMel.Scale.allCases)
  func `log-mel frames are those of the definition in numpy`(_ scale: LogMel.Scale) throws {
    let golden = try expected()
    let chirp = try golden.doubles("chirp").map { Float($0) }
    let mel = LogMel(rate: 8000, window: 0.032, hop: 0.0125, mels: 12, scale: scale)
    let frames = mel(chirp)
    let wanted = try golden.doubles("logmel \(scale.rawValue)")
    #expect(frames.count == wanted.count && mel.frames(chirp.count) * 12 == wanted.count)
    #expect(zip(frames, wanted).allSatisfy { abs(Double($0) - $1) < 1e-4 })
    // Control: the other scale gives other numbers.
    let other = try golden.doubles("logmel \(scale == .htk ? "slaney" : "htk")")
    #expect(zip(frames, other).contains { abs(Double($0) - $1) > 0.1 })
    #expect(mel(chirp, limit: 2) == Array(frames.prefix(24)))
    #expect(mel([]).count == 12, "a sound shorter than a frame is one frame")
  }

  @Test(arguments: [(8000, 16000), (16000, 8000), (44100, 16000), (8000, 11025)])
  func `resampling keeps a tone that both rates can hold`(_ from: Int, _ to: Int) {
    let tone = { (rate: Int, count: Int) in (0..<count).map { Float(sin(2 * .pi * 440 * Double($0) / Double(rate))) } }
    let result = resampled(tone(from, from / 4), from: from, to: to)
    let wanted = tone(to, result.count)
    #expect(abs(result.count - to / 4) <= 1)
    let inner = 200..<(result.count - 200)
    #expect(inner.allSatisfy { abs(result[$0] - wanted[$0]) < 2e-3 })
  }

  @Test func `resampling filters away what the lower rate cannot hold`() {
    let high = (0..<4000).map { Float(sin(2 * .pi * 6500 * Double($0) / 16000)) }
    #expect(resampled(high, from: 16000, to: 8000)[200..<1800].allSatisfy { abs($0) < 0.01 })
  }

  @Test func `damaged sounds are errors that name the file`() throws {
    let wav = try file("pcm16.wav")
    func found(_ bytes: [UInt8]) -> String { message { _ = try WAV.decode(bytes, named: "a.wav") } }
    #expect(found([]) == "a.wav: ends within the RIFF header: 0 bytes are left, 4 are needed. It may be cut short.")
    #expect(found(Array(repeating: 7, count: 50)) == "a.wav: not a WAV file: it does not begin with RIFF and WAVE.")
    #expect(
      found(Array(wav.dropLast(10)))
        == "a.wav: ends within chunk \"data\": 190 bytes are left, 200 are needed. It may be cut short.")
    var law = wav
    law[20] = 7
    #expect(
      found(law)
        == "a.wav: WAV encoding 7 with 16 bits; readable are PCM (1) of 8, 16, 24 or 32 bits and floating point (3) of 32 or 64."
    )
    #expect(found(Array(wav.prefix(36))) == "a.wav: no chunk \"data\". The file may be cut short.")
  }

  @Test func `recordings of the shared data are read`() throws {
    guard let folder = shared("fsdd/recordings") else { return }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".wav") }
      .sorted()
    for name in files.prefix(60) {
      let sound = try WAV.decode(bytes(of: folder.appendingPathComponent(name)), named: name)
      #expect(sound.rate == 8000 && sound.channels == 1 && sound.samples.contains { $0 != 0 })
    }
  }
}
