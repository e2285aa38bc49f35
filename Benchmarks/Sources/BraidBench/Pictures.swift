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
  let reader = PictureReader(width: side, height: side)
  var tensor = [Float](repeating: 0, count: reader.count)  // [3, 224, 224]
  var sum = 0.0
  let start = DispatchTime.now().uptimeNanoseconds
  for file in own {
    try reader.read(bytes(of: URL(fileURLWithPath: "\(folder)/\(file)")), named: file, into: &tensor)
    sum += Double(tensor[side * side / 2])
  }
  let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  report(["pictures": own.count, "seconds": seconds, "sum": sum])
}
