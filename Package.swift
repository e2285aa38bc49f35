// swift-tools-version: 6.2
// Braid: multimodal fusion research in Swift.
// Plugins/ holds ordinary library targets (not SwiftPM build-tool plugins), hence their explicit `path:`.
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]

/// One room of Sources/.
func room(_ name: String, _ dependencies: [Target.Dependency], linking: [LinkerSetting] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings, linkerSettings: linking)
}
/// One plug-in: a module of its own under Plugins/<shelf>/<name>.
func part(_ shelf: String, _ name: String, _ more: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: ["BraidTensor", "BraidNN", "BraidCore"] + more, path: "Plugins/\(shelf)/\(name)",
    swiftSettings: settings)
}
func tests(of name: String, _ more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: Array(Set([name, "BraidTensor", "BraidNN", "BraidCore", "BraidTesting"])).sorted().map {
      .byName(name: $0)
    } + more,
    swiftSettings: settings)
}

let fusions = ["ConcatFusion", "GatedFusion", "TensorFusion", "AttentionFusion", "CoAttentionFusion"]
let encoders = ["VectorEncoders", "TextEncoders", "RecurrentEncoders", "ImageEncoders"]
let objectives = ["PredictionHeads", "TaskLosses", "TaskMetrics"]
let datasets = ["ManifestDataset", "EmojiDataset"]
let parts = (fusions + encoders + objectives + datasets).map { Target.Dependency.byName(name: $0) }
let engine: [Target.Dependency] = ["BraidTensor", "BraidNN"]
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "braid",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "braid", targets: ["BraidCLI"]),
    // without files, runner and reports: for a program that builds and trains a model itself
    .library(name: "BraidFusions", targets: ["BraidTensor", "BraidNN", "BraidCore"] + fusions),
    .library(
      name: "BraidKit",
      targets: [
        "BraidTensor", "BraidNN", "BraidCore", "BraidData", "BraidTraining", "BraidExperiments", "BraidReports",
        "BraidCommand", "StandardParts",
      ] + fusions + encoders + objectives + datasets),
    .library(name: "BraidTesting", targets: ["BraidTesting"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.0.0"),
  ],
  targets: [
    // MARK: C
    .systemLibrary(
      name: "CBraidBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .target(
      name: "CBraidCodecs", dependencies: ["CBraidKernels"],
      linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("z")]),
    .target(name: "CBraidKernels", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),

    // MARK: The house
    room("BraidTensor", ["CBraidBLAS", "CBraidKernels"]),
    room("BraidNN", ["BraidTensor", "CBraidKernels"]),
    room("BraidCore", engine),
    room("BraidData", engine + ["BraidCore", "CBraidCodecs"]),
    room("BraidTraining", engine + ["BraidCore", "BraidData"]),
    room("BraidExperiments", engine + ["BraidCore", "BraidData", "BraidTraining", yams]),
    room(
      "BraidReports",
      ["BraidCore", "BraidExperiments", .product(name: "Mustache", package: "swift-mustache")]),
    room("BraidTesting", engine + ["BraidCore"]),
    room(
      "BraidCommand",
      engine + [
        "BraidCore", "BraidData", "BraidTraining", "BraidExperiments", "BraidReports", "BraidTesting", "StandardParts",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "BraidCLI", dependencies: ["BraidCommand", "BraidCore", "StandardParts"], swiftSettings: settings),

    // MARK: Plug-ins
    .target(
      name: "StandardParts", dependencies: parts + ["BraidCore"], path: "Plugins/StandardParts", swiftSettings: settings
    ),
  ]
    + fusions.map { part("Fusions", $0) }
    + encoders.map { part("Encoders", $0) }
    + [part("Heads", "PredictionHeads"), part("Losses", "TaskLosses"), part("Metrics", "TaskMetrics")]
    + datasets.map { part("Datasets", $0, ["BraidData"]) }

    // MARK: Tests
    + [tests(of: "BraidTensor", ["CBraidKernels"]), tests(of: "BraidNN"), tests(of: "BraidCore", ["StandardParts"])]
    + [
      tests(of: "BraidData"), tests(of: "BraidTraining", ["BraidData", "StandardParts"]),
      tests(of: "BraidExperiments", ["BraidData", "BraidReports", "BraidTraining", "StandardParts"]),
      tests(of: "BraidReports", ["BraidExperiments", "StandardParts"]),
      tests(of: "BraidTesting"),
      tests(of: "BraidCommand", ["BraidExperiments", "StandardParts"]),
    ]
    + (fusions + encoders + objectives).map { tests(of: $0) }
    + datasets.map { tests(of: $0, ["BraidData"]) }
    + [
      .executableTarget(
        name: "Quickstart",
        dependencies: ["BraidTensor", "BraidNN", "BraidCore", "BraidData", "BraidTraining", "StandardParts"] + parts,
        path: "Examples/Quickstart", swiftSettings: settings)
    ]
)
