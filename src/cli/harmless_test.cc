#include "cli/harmless.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace tandem::cli {
namespace {

TEST(Harmless, PlainTextStays) {
  for (const std::string text : {"", "todo", "two\nlines\tand a tab\n", "Zürich, 東京, 🙂"}) {
    EXPECT_EQ(harmless(text), text);
  }
}

TEST(Harmless, ControlsAreVisible) {
  EXPECT_EQ(harmless("\x1b[2J\x1b]0;title\a"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(harmless("over\rwritten\b"), "over\\x0dwritten\\x08");
  EXPECT_EQ(harmless(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(harmless("\x7f"), "\\x7f");
}

TEST(Harmless, C1IsVisibleInBothOfItsForms) {
  EXPECT_EQ(harmless("\xc2\x9b"
                     "31m"),
            "\\x9b31m");  // CSI as UTF-8
  EXPECT_EQ(harmless("\x9b"
                     "31m"),
            "\\x9b31m");  // and as a single byte
}

TEST(Harmless, WhatTurnsTextIsVisible) {
  EXPECT_EQ(harmless("a\u202etxt.exe"), "a\\u202etxt.exe");
  EXPECT_EQ(harmless("\u2066x\u2069\u200f\u061c\u2028"), "\\u2066x\\u2069\\u200f\\u061c\\u2028");
}

TEST(Harmless, BytesThatAreNoUtf8AreVisible) {
  EXPECT_EQ(harmless("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(harmless("cut \xe6\x9d"), "cut \\xe6\\x9d");
  EXPECT_EQ(harmless("\xc0\x9b"), "\\xc0\\x9b");           // overlong ESC
  EXPECT_EQ(harmless("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(harmless("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80");
}

TEST(Harmless, ACellHasNoLineEnds) {
  EXPECT_EQ(harmless("a\nb\tc", Lines::kEscape), "a\\x0ab\\x09c");
}

TEST(Harmless, EveryByteAloneAndAfterALeadGivesTextWithoutControls) {
  for (int lead = 0; lead < 256; ++lead) {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string bytes{static_cast<char>(lead), static_cast<char>(byte)};
      const std::string shown = harmless(bytes, Lines::kEscape);
      for (const char c : shown) {
        const auto value = static_cast<unsigned char>(c);
        ASSERT_TRUE(value >= 0x20 && value != 0x7F) << lead << ' ' << byte;
      }
      ASSERT_EQ(harmless(shown, Lines::kEscape), shown) << lead << ' ' << byte;
    }
  }
}

TEST(HarmlessJson, MeansTheSame) {
  const json::value document{"\x1b[31m\u009b\u202e\x7f ü \n"};
  const std::string text = harmless_json(json::to_text(document));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(text.find("ü"), std::string::npos);
  EXPECT_EQ(json::parse_text(text).value(), document);
}

TEST(HarmlessJson, IsJsonAlsoForBytesThatAreNone) {
  const std::string text =
      harmless_json(json::to_text(json::value("a\xff"
                                              "b")));
  EXPECT_EQ(json::to_std(json::parse_text(text).value()),
            "a\uFFFD"
            "b");
}

}  // namespace
}  // namespace tandem::cli
