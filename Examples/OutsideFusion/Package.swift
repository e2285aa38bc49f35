// swift-tools-version: 6.2
// A fusion outside the project: its own package, its own tests, with the project's conformance kit.
import PackageDescription

let braid = "braid"
let package = Package(
  name: "outside-fusion",
  platforms: [.macOS(.v15)],
  products: [.library(name: "MultiplicativeFusion", targets: ["MultiplicativeFusion"])],
  dependencies: [.package(name: braid, path: "../..")],
  targets: [
    .target(name: "MultiplicativeFusion", dependencies: [.product(name: "BraidKit", package: braid)]),
    .executableTarget(
      name: "OutsideBraid", dependencies: ["MultiplicativeFusion", .product(name: "BraidKit", package: braid)]),
    .testTarget(
      name: "MultiplicativeFusionTests",
      dependencies: ["MultiplicativeFusion", .product(name: "BraidTesting", package: braid)]),
  ]
)
