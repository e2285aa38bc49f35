import BraidData
import Foundation

/// Reads JPEG files one after the other into `[3, 224, 224]` numbers in 0 … 1, as a loader does, and prints how
/// long that took.
/// - Parameters:
///   - folder: where the files are.
///   - share: which of `shares` parts of them is this process's.
func timePictures(in folder: String, share: Int, of shares: Int) throws {
  let side = 224
  let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jpg") }.sorted()
  let own = files.enumerated().filter { $0.offset % shares == share }.map(\.element)
  var tensor = [Float](repeating: 0, count: 3 * side * side)
  var sum = 0.0
  let start = DispatchTime.now().uptimeNanoseconds
  for file in own {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)")))
    let picture = try Picture.decode(bytes, named: file, atLeast: (side, side)).resized(width: side, height: side)
    picture.pixels.withUnsafeBufferPointer { from in
      tensor.withUnsafeMutableBufferPointer { to in
        for channel in 0..<3 {
          for pixel in 0..<(side * side) { to[channel * side * side + pixel] = Float(from[pixel * 3 + channel]) / 255 }
        }
      }
    }
    sum += Double(tensor[side * side / 2])
  }
  let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  report(["pictures": own.count, "seconds": seconds, "sum": sum])
}
