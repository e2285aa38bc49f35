import BraidCore

/// Sound: samples in -1 … 1, one channel after the other for each moment.
public struct Sound: Sendable, Hashable {
  /// Samples a second.
  public let rate: Int
  /// 1: mono, 2: stereo.
  public let channels: Int
  /// `[moments, channels]`, row-major.
  public let samples: [Float]

  /// Stops when the samples are no whole number of moments.
  public init(rate: Int, channels: Int, samples: [Float]) {
    guard channels > 0, samples.count % channels == 0 else {
      fatalError("sound: \(samples.count) samples for \(channels) channels")
    }
    (self.rate, self.channels, self.samples) = (rate, channels, samples)
  }

  /// The mean of the channels.
  public var mono: [Float] {
    guard channels > 1 else { return samples }
    return stride(from: 0, to: samples.count, by: channels).map { start in
      samples[start..<(start + channels)].reduce(0, +) / Float(channels)
    }
  }
}

/// WAV files: PCM of 8, 16, 24 or 32 bits, floating point of 32 or 64, any number of channels, plain or extensible.
public enum WAV {
  /// - Throws: `SetupError` naming the file when it is no WAV file, cut short, of another encoding, or holds a number that is
  ///   not finite.
  public static func decode(_ bytes: [UInt8], named file: String) throws -> Sound {
    var reader = ByteReader(bytes, file: file)
    guard try reader.tag(4, "the RIFF header") == "RIFF", try reader.take(4, "the RIFF header").count == 4,
      try reader.tag(4, "the RIFF header") == "WAVE"
    else { throw SetupError("\(file): not a WAV file: it does not begin with RIFF and WAVE.") }
    var format: Format?
    while reader.left >= 8 {
      let tag = try reader.tag(4, "a chunk")
      let size = Int(try reader.integer(UInt32.self, "a chunk"))
      let body = try reader.take(size, "chunk \"\(tag)\"")
      if size % 2 == 1, reader.left > 0 { reader.at += 1 }  // chunks begin at even places
      if tag == "fmt " {
        format = try Format(bytes, body, file: file)
      } else if tag == "data" {
        guard let format else {
          throw SetupError("\(file): the sound comes before the chunk \"fmt \" that describes it.")
        }
        return try format.sound(bytes, body, file: file)
      }
    }
    throw SetupError("\(file): no chunk \"data\". The file may be cut short.")
  }

  private struct Format {
    let float: Bool
    let bits: Int, channels: Int, rate: Int

    init(_ bytes: [UInt8], _ body: Range<Int>, file: String) throws {
      var reader = ByteReader(Array(bytes[body]), file: file)
      var code = Int(try reader.integer(UInt16.self, "chunk \"fmt \""))
      channels = Int(try reader.integer(UInt16.self, "chunk \"fmt \""))
      rate = Int(try reader.integer(UInt32.self, "chunk \"fmt \""))
      _ = try reader.take(6, "chunk \"fmt \"")  // bytes a second, bytes a moment: both follow from the rest
      bits = Int(try reader.integer(UInt16.self, "chunk \"fmt \""))
      if code == 0xfffe {
        _ = try reader.take(8, "chunk \"fmt \"")  // size of the extension, valid bits, speaker mask
        code = Int(try reader.integer(UInt16.self, "chunk \"fmt \""))  // the GUID begins with the plain code
      }
      guard (code == 1 && [8, 16, 24, 32].contains(bits)) || (code == 3 && [32, 64].contains(bits)) else {
        throw SetupError(
          "\(file): WAV encoding \(code) with \(bits) bits; readable are PCM (1) of 8, 16, 24 or 32 bits and floating point (3) "
            + "of 32 or 64.")
      }
      guard channels >= 1, (1...1_000_000).contains(rate) else {
        throw SetupError("\(file): \(channels) channels at \(rate) samples a second.")
      }
      float = code == 3
    }

    func sound(_ bytes: [UInt8], _ body: Range<Int>, file: String) throws -> Sound {
      let width = bits / 8
      guard body.count % (width * channels) == 0 else {
        throw SetupError(
          "\(file): \(body.count) bytes of sound are no whole number of \(channels) × \(width) bytes. It may be cut short."
        )
      }
      let count = body.count / width, start = body.lowerBound
      let samples = bytes.withUnsafeBytes { raw in
        (0..<count).map { (index: Int) -> Float in
          let at = start + index * width
          switch (float, bits) {
          case (false, 8): return (Float(raw[at]) - 128) / 128
          case (false, 16):
            return Float(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int16.self))) / 0x1p15
          case (false, 24):
            let word = UInt32(raw[at]) << 8 | UInt32(raw[at + 1]) << 16 | UInt32(raw[at + 2]) << 24
            return Float(Int32(bitPattern: word)) / 0x1p31
          case (false, _):
            return Float(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int32.self))) / 0x1p31
          case (true, 32):
            return Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
          case (true, _):
            return Float(
              Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))))
          }
        }
      }
      if float, let bad = samples.firstIndex(where: { !$0.isFinite }) {
        throw SetupError("\(file): sample \(bad / channels) is \(samples[bad]); expected finite numbers.")
      }
      return Sound(rate: rate, channels: channels, samples: samples)
    }
  }
}
