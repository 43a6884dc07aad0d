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

/// Less for every process to load: relocations take a tenth of the room, equal functions are kept once, nothing is
/// offered to libraries, and the C++ runtime of Swift is in the program, not in a library of its own.
let lean: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--icf=safe",
      "-Xlinker", "--no-export-dynamic", "-L\(Context.packageDirectory)/Sources/CLinux/static",
      "-Xclang-linker", "-static-libgcc",
    ],
    .when(platforms: [.linux], configuration: .release))
]

let sip: TargetDependencyCondition? = .when(traits: ["SIP"])
let window: TargetDependencyCondition? = .when(traits: ["Window"])

let package = Package(
  name: "OngoingCall",
  products: [
    .library(name: "OngoingCall", targets: ["OngoingCall"]),
    .library(name: "EngineChannel", targets: ["EngineChannel", "TerminalChannel"]),
    .executable(name: "ongoingcalld", targets: ["ongoingcalld"]),
    .executable(name: "ongoingcallctl", targets: ["ongoingcallctl"]),
    .executable(name: "ongoingcall-run", targets: ["ongoingcall-run"]),
    .executable(name: "ongoingcall-sip", targets: ["ongoingcall-sip"]),
    .executable(name: "ongoingcall-secret", targets: ["ongoingcall-secret"]),
    .executable(name: "ongoingcall-window", targets: ["ongoingcall-window"]),
  ],
  traits: [
    .trait(
      name: "SIP",
      description: "Build the SIP engine; needs sofia-sip, c-ares, GStreamer, Opus, libsrtp2 and libsecret"),
    .trait(name: "Window", description: "Build the window; needs libadwaita"),
    .default(enabledTraits: []),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // Pure values and names: no I/O, no system libraries.
    .target(name: "CallModel", swiftSettings: house),
    .target(name: "CallLife", dependencies: ["CallModel"], swiftSettings: house),
    .target(name: "CallNotification", dependencies: ["CallModel"], swiftSettings: house),

    // What Glibc's module leaves out, and what is done with files and descriptors.
    .target(name: "CLinux", exclude: ["static"]),
    .target(name: "LinuxFiles", swiftSettings: house),

    // What an engine links.
    .target(
      name: "EngineChannel", dependencies: ["CLinux", "CallLife", "CallModel", "LinuxFiles"], swiftSettings: house),
    .target(name: "TerminalChannel", dependencies: ["LinuxFiles"], swiftSettings: house),
    // What a terminal shows, without one: bytes in, values out.
    .target(name: "TerminalScreen", dependencies: ["TerminalChannel"], swiftSettings: house),

    // The daemon, on sd-bus.
    .target(name: "CSystemd", linkerSettings: [.linkedLibrary("systemd")]),
    .target(
      name: "Systemd",
      dependencies: ["CLinux", "CSystemd", "CallModel", "LinuxFiles", .product(name: "Logging", package: "swift-log")],
      swiftSettings: house),
    .target(
      name: "OngoingCallDaemon",
      dependencies: [
        "Systemd", "CallLife", "CallModel", "CallNotification", "EngineChannel", "LinuxFiles",
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
    .target(
      name: "OngoingCall",
      dependencies: ["CDBus", "CLinux", "CallModel"],
      exclude: ["API.txt"],
      swiftSettings: house),
    // The examples of its documentation; never installed.
    .executableTarget(name: "CallActivity", dependencies: ["OngoingCall"], swiftSettings: house),
    .executableTarget(name: "OwnCall", dependencies: ["OngoingCall"], swiftSettings: house),
    // An application that does what tests say; never installed.
    .executableTarget(name: "ongoingcall-appdriver", dependencies: ["OngoingCall"], swiftSettings: house),
    .target(
      name: "OngoingCallCommands",
      dependencies: [
        "OngoingCall", "CLinux", "CallModel", "LinuxFiles", "TerminalChannel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "ongoingcallctl",
      dependencies: ["OngoingCallCommands"],
      swiftSettings: house,
      linkerSettings: lean),

    // The window, on GTK 4. What it shows is a value, made of what the daemon says. It has no more than any other app has:
    // nothing of this package that is not public.
    .target(name: "CallWindow", dependencies: ["OngoingCall"], packageAccess: false, swiftSettings: house),
    .systemLibrary(name: "CAdwaita", pkgConfig: "libadwaita-1", providers: [.apt(["libadwaita-1-dev"])]),
    .target(
      name: "CWindow",
      dependencies: [.target(name: "CAdwaita", condition: window)],
      cSettings: [.define("WINDOW", .when(traits: ["Window"]))]),
    .executableTarget(
      name: "ongoingcall-window",
      dependencies: ["CWindow", "CallWindow", "OngoingCall"],
      resources: [.embedInCode("window.ui")],
      packageAccess: false,
      swiftSettings: house,
      linkerSettings: lean),
    .testTarget(
      name: "CallWindowTests", dependencies: ["CallWindow", "CallModel", "OngoingCall"], swiftSettings: house),

    // Tests.
    .target(name: "DiceTestSupport", swiftSettings: house),
    .target(
      name: "OngoingCallTestSupport",
      dependencies: ["CDBus", "CallModel", "LinuxFiles", "OngoingCall", "Systemd"],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallTests",
      dependencies: ["OngoingCall", "CallModel", "DiceTestSupport", "OngoingCallTestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallCommandsTests",
      dependencies: [
        "OngoingCallCommands", "CLinux", "CallModel", "LinuxFiles", "OngoingCall", "OngoingCallTestSupport",
        "ongoingcallctl",
      ],
      swiftSettings: house),

    .testTarget(
      name: "SystemdTests",
      dependencies: [
        "Systemd", "CallModel", "DiceTestSupport", "OngoingCallTestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallDaemonTests",
      dependencies: [
        "OngoingCallDaemon", "CSystemd", "Systemd", "CallLife", "CallModel", "CallNotification", "EngineChannel",
        "LinuxFiles", "OngoingCallTestSupport", "ongoingcall-secret",
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["Records/Older"],
      swiftSettings: house),

    // Engines: an executable each.
    .executableTarget(
      name: "ongoingcall-run",
      dependencies: [
        "CLinux", "EngineChannel", "TerminalChannel", "TerminalScreen", "CallLife", "CallModel", "LinuxFiles",
      ],
      swiftSettings: house,
      linkerSettings: lean),
    // Paths through NAT, without a socket: values in, values out.
    .target(name: "NATTraversal", swiftSettings: house),
    // What a SIP call is, without a socket: values in, values out.
    .target(name: "SIPDialogs", dependencies: ["CallLife", "CallModel", "NATTraversal"], swiftSettings: house),
    // SIP's transports and transactions, on sofia-sip, and names, on c-ares.
    .systemLibrary(
      name: "CSofiaSIP", pkgConfig: "sofia-sip-ua openssl",
      providers: [.apt(["libsofia-sip-ua-dev", "libssl-dev"])]),
    .systemLibrary(name: "CAres", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
    .target(
      name: "CSofia",
      dependencies: [.target(name: "CSofiaSIP", condition: sip), .target(name: "CAres", condition: sip)],
      cSettings: [.define("SIP", .when(traits: ["SIP"]))]),
    .target(name: "SIPTransport", dependencies: ["CSofia", "NATTraversal", "SIPDialogs"], swiftSettings: house),
    // Sound, on GStreamer.
    .systemLibrary(
      name: "CGStreamer", pkgConfig: "gstreamer-1.0",
      providers: [.apt(["libgstreamer1.0-dev", "libopus-dev", "libsrtp2-dev", "libssl-dev"])]),
    .target(
      name: "CCallMedia",
      dependencies: [.target(name: "CGStreamer", condition: sip)],
      cSettings: [.define("SIP", .when(traits: ["SIP"])), .define("_GNU_SOURCE")],
      linkerSettings: [
        .linkedLibrary("opus", .when(traits: ["SIP"])), .linkedLibrary("srtp2", .when(traits: ["SIP"])),
        .linkedLibrary("ssl", .when(traits: ["SIP"])), .linkedLibrary("crypto", .when(traits: ["SIP"])),
        .linkedLibrary("m"),
      ]),
    .target(name: "CallMedia", dependencies: ["CCallMedia", "NATTraversal", "SIPDialogs"], swiftSettings: house),
    .testTarget(
      name: "SIPTransportTests", dependencies: ["SIPTransport", "SIPDialogs"], swiftSettings: house),
    .testTarget(name: "CallMediaTests", dependencies: ["CallMedia", "SIPDialogs"], swiftSettings: house),
    .testTarget(
      name: "SIPDialogsTests",
      dependencies: ["SIPDialogs", "CallLife", "CallModel", "DiceTestSupport", "NATTraversal"],
      swiftSettings: house),
    .testTarget(
      name: "NATTraversalTests", dependencies: ["NATTraversal", "DiceTestSupport"], swiftSettings: house),
    .executableTarget(
      name: "ongoingcall-sip",
      dependencies: [
        "EngineChannel", "CallLife", "CallModel", "NATTraversal", "SIPDialogs", "SIPTransport", "CallMedia",
      ],
      swiftSettings: house,
      linkerSettings: lean),

    // Accounts' passwords in the user's keyring, on libsecret.
    .systemLibrary(name: "CLibSecret", pkgConfig: "libsecret-1", providers: [.apt(["libsecret-1-dev"])]),
    .target(
      name: "CSecret",
      dependencies: [.target(name: "CLibSecret", condition: sip)],
      cSettings: [.define("SIP", .when(traits: ["SIP"]))]),
    .executableTarget(
      name: "ongoingcall-secret",
      dependencies: ["CSecret", "CallModel", "LinuxFiles"],
      swiftSettings: house,
      linkerSettings: lean),

    // Tests of the values, the protocol and the command engine.
    .testTarget(
      name: "CallNotificationTests",
      dependencies: ["CallNotification", "CallLife", "CallModel", "DiceTestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "CallLifeTests",
      dependencies: ["CallLife", "CallModel", "DiceTestSupport", "OngoingCallTestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "EngineChannelTests",
      dependencies: ["EngineChannel", "CallLife", "CallModel", "DiceTestSupport", "OngoingCallTestSupport"],
      swiftSettings: house),
    .testTarget(name: "TerminalChannelTests", dependencies: ["TerminalChannel"], swiftSettings: house),
    .testTarget(
      name: "TerminalScreenTests", dependencies: ["TerminalScreen", "TerminalChannel"], swiftSettings: house),
    .testTarget(
      name: "CallModelTests",
      dependencies: ["CallModel", "CallLife", "DiceTestSupport", "OngoingCallTestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "OngoingCallRunTests",
      dependencies: ["ongoingcall-run", "EngineChannel", "CallLife", "CallModel"],
      swiftSettings: house),
  ]
)
