// swift-tools-version: 6.2
// The training-step workloads, apart from the library so that nobody who uses Braid builds them.
import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]

let package = Package(
  name: "braid-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "braid", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    .target(name: "CBenchProbe"),
    .executableTarget(
      name: "braid-bench",
      dependencies: [
        "CBenchProbe",
        .product(name: "BraidFusions", package: "braid"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BraidBench", swiftSettings: settings),
    .executableTarget(
      name: "braid-bench-pictures",
      dependencies: [
        .product(name: "BraidKit", package: "braid"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/PicturesBench", swiftSettings: settings),
  ]
)
