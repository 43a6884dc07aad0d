// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// CI builds with `CI=true`: there, a warning is an error.
let strict: [SwiftSetting] =
  Context.environment["CI"] == "true" ? [.unsafeFlags(["-warnings-as-errors"])] : []

let house: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + strict

/// Relocations take a tenth of the room, and equal functions are kept once: less for every process to load.
let lean: [LinkerSetting] = [
  .unsafeFlags(
    ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--icf=safe"],
    .when(platforms: [.linux], configuration: .release))
]

let sip: TargetDependencyCondition? = .when(traits: ["SIP"])

let package = Package(
  name: "OngoingCall",
  products: [
    .library(name: "OngoingCall", targets: ["OngoingCall"]),
    .library(name: "EngineChannel", targets: ["EngineChannel", "TerminalChannel"]),
    .executable(name: "ongoingcalld", targets: ["ongoingcalld"]),
    .executable(name: "ongoingcallctl", targets: ["ongoingcallctl"]),
    .executable(name: "ongoingcall-run", targets: ["ongoingcall-run"]),
    .executable(name: "ongoingcall-sip", targets: ["ongoingcall-sip"]),
  ],
  traits: [
    .trait(name: "SIP", description: "Build the SIP engine; needs sofia-sip, c-ares, GStreamer, Opus and libsrtp2"),
    .default(enabledTraits: []),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // Pure values and names: no I/O, no system libraries.
    .target(name: "OngoingCallNames", swiftSettings: house),
    .target(name: "CallLife", swiftSettings: house),

    .target(name: "CallNotification", dependencies: ["CallLife"], swiftSettings: house),

    // What an engine links.
    .target(name: "CChannel"),
    .target(name: "EngineChannel", dependencies: ["CChannel", "CallLife"], swiftSettings: house),
    .target(name: "TerminalChannel", swiftSettings: house),

    // Descriptors of processes.
    .target(name: "CProcess"),

    // The daemon, on sd-bus.
    .target(name: "CSystemd", linkerSettings: [.linkedLibrary("systemd")]),
    .target(
      name: "Systemd",
      dependencies: ["CProcess", "CSystemd", .product(name: "Logging", package: "swift-log")],
      swiftSettings: house),
    .target(
      name: "OngoingCallDaemon",
      dependencies: [
        "Systemd", "CallLife", "CallNotification", "EngineChannel", "OngoingCallNames",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "ongoingcalld",
      dependencies: ["OngoingCallDaemon"],
      swiftSettings: house,
      linkerSettings: lean),

    // The client side, on libdbus-1.
    .systemLibrary(name: "CDBus", pkgConfig: "dbus-1", providers: [.apt(["libdbus-1-dev"])]),
    .target(name: "CApp"),
    .target(
      name: "OngoingCall",
      dependencies: ["CDBus", "CApp", "CProcess", "CallLife", "CallNotification", "OngoingCallNames"],
      exclude: ["API.txt"],
      swiftSettings: house),
    // The examples of its documentation; never installed.
    .executableTarget(name: "CallActivity", dependencies: ["OngoingCall"], swiftSettings: house),
    .executableTarget(name: "OwnCall", dependencies: ["OngoingCall"], swiftSettings: house),
    // An application that does what tests say; never installed.
    .executableTarget(name: "ongoingcall-appdriver", dependencies: ["OngoingCall"], swiftSettings: house),
    .target(name: "CTerminal"),
    .target(
      name: "OngoingCallCommands",
      dependencies: [
        "OngoingCall", "CallLife", "CallNotification", "CTerminal", "OngoingCallNames", "TerminalChannel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "ongoingcallctl",
      dependencies: ["OngoingCallCommands"],
      swiftSettings: house,
      linkerSettings: lean),

    // Tests.
    .target(
      name: "OngoingCallTestSupport",
      dependencies: ["CDBus", "OngoingCall", "OngoingCallNames", "Systemd"],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallTests",
      dependencies: ["OngoingCall", "CallNotification", "OngoingCallNames", "OngoingCallTestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallCommandsTests",
      dependencies: [
        "OngoingCallCommands", "OngoingCall", "OngoingCallNames", "OngoingCallTestSupport", "ongoingcallctl",
      ],
      swiftSettings: house),

    .testTarget(
      name: "SystemdTests",
      dependencies: ["Systemd", "OngoingCallTestSupport", .product(name: "Logging", package: "swift-log")],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallDaemonTests",
      dependencies: [
        "OngoingCallDaemon", "Systemd", "CallLife", "CallNotification", "EngineChannel", "OngoingCallNames",
        "OngoingCallTestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),

    // Engines: an executable each.
    .target(name: "CProgram"),
    .executableTarget(
      name: "ongoingcall-run",
      dependencies: ["CProgram", "EngineChannel", "TerminalChannel", "CallLife", "OngoingCallNames"],
      swiftSettings: house,
      linkerSettings: lean),
    // What a SIP call is, without a socket: values in, values out.
    .target(name: "SIPDialogs", dependencies: ["CallLife"], swiftSettings: house),
    // SIP's transports and transactions, on sofia-sip, and names, on c-ares.
    .systemLibrary(
      name: "CSofiaSIP", pkgConfig: "sofia-sip-ua openssl",
      providers: [.apt(["libsofia-sip-ua-dev", "libssl-dev"])]),
    .systemLibrary(name: "CAres", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
    .target(
      name: "CSofia",
      dependencies: [.target(name: "CSofiaSIP", condition: sip), .target(name: "CAres", condition: sip)],
      cSettings: [.define("SIP", .when(traits: ["SIP"]))]),
    .target(name: "SIPTransport", dependencies: ["CSofia", "SIPDialogs"], swiftSettings: house),
    // Sound, on GStreamer.
    .systemLibrary(
      name: "CGStreamer", pkgConfig: "gstreamer-1.0",
      providers: [.apt(["libgstreamer1.0-dev", "libopus-dev", "libsrtp2-dev"])]),
    .target(
      name: "CCallMedia",
      dependencies: [.target(name: "CGStreamer", condition: sip)],
      cSettings: [.define("SIP", .when(traits: ["SIP"])), .define("_GNU_SOURCE")],
      linkerSettings: [
        .linkedLibrary("opus", .when(traits: ["SIP"])), .linkedLibrary("srtp2", .when(traits: ["SIP"])),
        .linkedLibrary("m"),
      ]),
    .target(name: "CallMedia", dependencies: ["CCallMedia", "SIPDialogs"], swiftSettings: house),
    .testTarget(
      name: "SIPTransportTests", dependencies: ["SIPTransport", "SIPDialogs"], swiftSettings: house),
    .testTarget(name: "CallMediaTests", dependencies: ["CallMedia", "SIPDialogs"], swiftSettings: house),
    .testTarget(name: "SIPDialogsTests", dependencies: ["SIPDialogs", "CallLife"], swiftSettings: house),
    .executableTarget(
      name: "ongoingcall-sip",
      dependencies: ["EngineChannel", "CallLife", "SIPDialogs", "SIPTransport", "CallMedia"],
      swiftSettings: house,
      linkerSettings: lean),

    // Tests of the values, the protocol and the command engine.
    .testTarget(
      name: "CallNotificationTests", dependencies: ["CallNotification", "CallLife"], swiftSettings: house),
    .testTarget(
      name: "CallLifeTests", dependencies: ["CallLife", "OngoingCallTestSupport"], swiftSettings: house),
    .testTarget(
      name: "EngineChannelTests",
      dependencies: ["EngineChannel", "CallLife", "OngoingCallTestSupport"],
      swiftSettings: house),
    .testTarget(name: "TerminalChannelTests", dependencies: ["TerminalChannel"], swiftSettings: house),
    .testTarget(
      name: "OngoingCallNamesTests", dependencies: ["OngoingCallNames", "CallLife", "OngoingCallTestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallRunTests",
      dependencies: ["ongoingcall-run", "EngineChannel", "CallLife"],
      swiftSettings: house),
  ]
)
