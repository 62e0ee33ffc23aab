// The language: Velocity 1.7's user guide and reference, and what API Gateway was measured to do
// with it.
#include "services/apigateway/mapping/template.h"

#include <gtest/gtest.h>

#include "services/apigateway/mapping/testing.h"

namespace tandem::apigateway::mapping {
namespace {

TEST(Template, PrintsReferencesInEveryForm) {
  EXPECT_EQ(render("#set($s = 'text')$s $!s ${s}x $!{s} ${s.length()} $s.length()"),
            "text text textx text 4 4");
  EXPECT_EQ(render("#set($m = {'k': 'v', 'a b': 'w'})$m.k $m['a b'] $m.get('k') $m.k.length()"),
            "v w v 1");
  EXPECT_EQ(render("#set($l = ['x','y'])$l[0] $l[-1] $l.get(1) $l.size()"), "x y y 2");
}

TEST(Template, LeavesWhatIsNoReferenceAsItIs) {
  EXPECT_EQ(render("$ $. $5.00 $-s ${} #fff # a#b #1"), "$ $. $5.00 $-s ${} #fff # a#b #1");
  EXPECT_EQ(render("{\"a\": \"$.x\"}"), "{\"a\": \"$.x\"}");
}

// [measured: Mapping templates] a null or missing reference prints nothing, equals "" and equals
// $null; `$missing.x.y` too.
TEST(Template, TakesMissingReferencesForEmptyTexts) {
  EXPECT_EQ(render("[$missing][$missing.x.y][$missing.foo()][${missing}][$!missing]"),
            "[][][][][]");
  EXPECT_EQ(render("#if($missing == '')a#end#if($missing == $null)b#end"
                   "#if($missing.x == '')c#end"),
            "abc");
  // Reported (2016): an empty text is true, as everything but null and false is.
  EXPECT_EQ(render("#if($missing)T#{else}F#end"), "T");
  EXPECT_EQ(render("#foreach($x in $missing)x#end|#set($y = $missing)[$y]"), "|[]");
}

TEST(Template, EscapesWithBackslashes) {
  EXPECT_EQ(render(R"(#set($s = 'text')\$s \\$s \\\$s \# \a)"), R"($s \text \$s \# \a)");
  EXPECT_EQ(render(R"(\#if \#end \#foo \\#if(true)a#end)"), R"(#if #end \#foo \a)");
}

// Parser.jjt: what closes a directive swallows blanks and one end of line.
TEST(Template, SwallowsTheEndOfADirectivesLine) {
  EXPECT_EQ(render("#set($x = 1)  \n  #set($y = 2)\n$x$y\n"), "12\n");
  EXPECT_EQ(render("#if(true)\n  a\n  #end\nb"), "  a\n  b");
  EXPECT_EQ(render("a ## comment\nb #* c\nd *# e"), "a b  e");
  EXPECT_EQ(render("#[[$x #if]]#y"), "$x #ify");
  EXPECT_EQ(render("a #set($x = 1) b"), "a  b");
}

TEST(Template, DecidesWithIf) {
  EXPECT_EQ(render("#set($n = 3)#if($n == 3 && !($n > 3))a#{else}b#end"), "a");
  EXPECT_EQ(render("#if(false)a#elseif(1 < 2)b#{else}c#end"), "b");
  EXPECT_EQ(render("#if(1 eq 1 and not (2 lt 1) or false)y#end#if(2 ge 2)z#end"), "yz");
  EXPECT_EQ(render("#set($e = [])#if($e)list#end#set($z = 0)#if($z)zero#end#if('a')text#end"),
            "listzero");
}

// ASTEQNode: numbers by value, one class by equals(), anything else as text.
TEST(Template, ComparesAsVelocity) {
  EXPECT_EQ(render("#if(200 == '200')a#end#if(1 == 1.0)b#end#if(true == 'true')c#end"
                   "#if('a' < 2)d#end#if([1] == [1])e#end"),
            "abce");
}

TEST(Template, Calculates) {
  EXPECT_EQ(render("#set($x = 1 + 2 * 3)$x|#set($x = (1 + 2) * 3)$x|#set($x = 7 / 2)$x|"
                   "#set($x = 7.0 / 2)$x|#set($x = -7 % 3)$x"),
            "7|9|3|3.5|-1");
  EXPECT_EQ(render("#set($x = 'a' + 1 + 2)$x|#set($x = 1 + 2 + 'a')$x"), "a12|3a");
  EXPECT_EQ(render("#set($x = 'old')#set($x = 1 / 0)$x"), "old");
  EXPECT_EQ(render("#set($x = 2147483647)#set($x = $x + 1)$x"), "2147483648");
  EXPECT_EQ(render("#set($x = 1e10)$x|#set($x = 0.001)$x|#set($x = 1.0E-5)$x"),
            "1.0E10|0.001|1.0E-5");
}

TEST(Template, LoopsWithForeach) {
  EXPECT_EQ(render("#foreach($i in [1..3])$foreach.index$foreach.count$i$velocityCount"
                   "#if($foreach.hasNext),#end#end"),
            "0111,1222,2333");
  EXPECT_EQ(render("#foreach($i in [3..1])$i#end #foreach($v in {'a': 'b', 'c': 'd'})$v#end"),
            "321 bd");
  EXPECT_EQ(render("#foreach($i in ['a','b','c'])#if($i == 'b')#break#end$i#end."), "a.");
  EXPECT_EQ(render("#foreach($i in ['a','b'])#if($i == 'b')#stop#end$i#end."), "a");
  EXPECT_EQ(render("#foreach($i in [1,2])#foreach($j in [1,2])$foreach.parent.count$foreach.count "
                   "#end#end"),
            "11 12 21 22 ");
  EXPECT_EQ(render("#foreach($i in [1,2])$foreach.first$foreach.last #end"),
            "truefalse falsetrue ");
  EXPECT_EQ(render("#set($i = 'x')#foreach($i in [1])#set($y = $i)#end$i$y"), "x1");
}

// AWS's quota: 1,000 iterations; Velocity leaves out what is beyond directive.foreach.maxloops.
TEST(Template, LoopsAThousandTimes) {
  EXPECT_EQ(render("#foreach($i in [1..5000])#set($last = $i)#end$last"), "1000");
}

TEST(Template, QuotesTexts) {
  EXPECT_EQ(render("#set($s = 'x')#set($a = \"a$s ${s}b #if(true)c#end\")$a|#set($b = 'a$s')$b"),
            "ax xb c|a$s");
  EXPECT_EQ(render(R"(#set($a = "say ""hi""")$a|#set($b = 'it''s')$b|#set($c = "a\b\\'")$c)"),
            R"(say "hi"|it's|a\b\\')");
  EXPECT_EQ(render("#set($a = \"#\")$a#set($a = \"$\")$a"), "#$");
}

TEST(Template, KnowsMacrosBlocksAndEvaluate) {
  EXPECT_EQ(render("#macro(hi $a $b)<$a|$b>#end#hi('x' 1)#hi('y')#hi"), "<x|1><y|><|>");
  EXPECT_EQ(render("#macro(down $n)$n#if($n > 1)#set($m = $n - 1)#down($m)#end#end#down(3)"),
            "321");
  EXPECT_EQ(render("#macro(box)[$bodyContent]#end#@box()in#end"), "[in]");
  EXPECT_EQ(render("#define($d)hi $s#end#set($s = 'a')$d#set($s = 'b') $d"), "hi a hi b");
  EXPECT_EQ(render("#evaluate('#set($z = 3)$z')$z"), "33");
  EXPECT_EQ(render("#nosuch($x) #nosuch"), "#nosuch($x) #nosuch");
}

TEST(Template, FailsWhereVelocityThrows) {
  for (const char* wrong : {"#if(true)", "#end", "#else", "#set($x)", "#set(x = 1)", "#set(",
                            "#set( ", "#foreach($x)#end", "#set($x = 5 -3)", "${x", "$x[a]",
                            "#[[ x", "#macro()#end", "a #", "a $", "#set($x = 'a", "$s.f(1 + 1)"}) {
    EXPECT_FALSE(Template::parse(wrong).ok()) << wrong;
  }
  EXPECT_EQ(failure("#set($l = [1])$l.get(1)"), "index 1 out of bounds for length 1");
  EXPECT_EQ(failure("#include('x')"), "#include has nothing to load");
  EXPECT_EQ(failure("#macro(m)#m()#end#m()"),
            "macros, blocks and #evaluate call each other too deeply");
}

TEST(Template, SaysWhereItIsWrong) {
  const auto parsed = Template::parse("ok #if($x) no end");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().message, "expected #end");
  EXPECT_EQ(parsed.error().offset, 17U);
}

// [measured: Mapping templates] JSON objects print as Java maps, JSON arrays as JSON, and maps
// within them, too.
TEST(Template, PrintsValuesAsJava) {
  EXPECT_EQ(render("$input.path('$')", R"({"foo":"bar","a":"b"})"), "{foo=bar, a=b}");
  EXPECT_EQ(render("$input.path('$')", R"([{"foo":"bar"}])"), R"([{"foo":"bar"}])");
  EXPECT_EQ(render("$input.path('$')", R"({"foo":[{"nested":"bar"}]})"),
            R"({foo=[{"nested":"bar"}]})");
  EXPECT_EQ(render("$input.path('$.a') $input.path('$.b') $input.path('$.c')",
                   R"({"a":1,"b":1.0,"c":true})"),
            "1 1.0 true");
  EXPECT_EQ(render("#set($l = [1,'a',[2]])$l|#set($m = {'a': [1, {}]})$m"),
            "[1, a, [2]]|{a=[1, {}]}");
  EXPECT_EQ(render("$input.path('$')", R"({"a":null})"), "{a=null}");
}

// [measured: Mapping templates] .put on a new key gives null, which prints nothing; the old value
// prints otherwise.
TEST(Template, ChangesMapsAndLists) {
  EXPECT_EQ(render("#set($m = {})$m.put('a', 1)$m.put('a', 2) $m"), "1 {a=2}");
  EXPECT_EQ(
      render("#set($m = {})#set($m.a = 'x')#set($m['b'] = 'y')#set($k = 'c')#set($m[$k] = 'z')$m"),
      "{a=x, b=y, c=z}");
  EXPECT_EQ(render("#set($l = [1,2,3])#set($l[0] = 'x')$l.add(4) $l.remove(1) $l"),
            "true 2 [x, 3, 4]");
  EXPECT_EQ(render("#set($a = {'k': 1})#set($b = $a)#set($b.k = 2)$a.k"), "2");
}

// As deep as the limits let it be, the stack holds.
TEST(Template, NestsAsDeeplyAsItMay) {
  std::string source;
  for (int each = 0; each < 20; ++each) {
    source += "#macro(m" + std::to_string(each) + " $a)";
    for (int level = 0; level < 55; ++level) source += "#if($a)";
    source += each == 0 ? "deep" : "#m" + std::to_string(each - 1) + "(\"$a\")";
    for (int level = 0; level < 55; ++level) source += "#end";
    source += "#end";
  }
  EXPECT_EQ(render(source + "#m19('x')"), "deep");
}

TEST(Template, BoundsWhatItCosts) {
  EXPECT_NE(
      failure("#set($s = 'xxxxxxxxxxxxxxxx')#foreach($i in [1..1000])#set($s = \"$s$s\")#end"), "");
  EXPECT_NE(
      failure("#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end"
              "#end#end"),
      "");
  EXPECT_NE(failure("#set($l = [])#foreach($i in [1..40])$!l.add($l)#set($l = [$l, $l])#end$l"),
            "");
  EXPECT_NE(failure("#set($m = {})$!m.put('m', $m)$m"), "");
  EXPECT_NE(failure("#foreach($i in [0..2000000000])x#end"), "");
  EXPECT_FALSE(Template::parse(std::string(300 * 1024 + 1, 'x')).ok());
  EXPECT_TRUE(Template::parse(std::string(300 * 1024, 'x')).ok());
  EXPECT_FALSE(Template::parse("#set($x = " + std::string(1000, '(')).ok());
  EXPECT_FALSE(Template::parse("#set($x = " + std::string(1000, '!') + "true)").ok());
  std::string chain = "1";
  for (int each = 0; each < 50'000; ++each) chain += "+1";
  EXPECT_EQ(render("#set($x = " + chain + ")$x"), "50001");
}

// A needle that fits nowhere, almost everywhere: minutes, where a search is a product.
TEST(Template, LongTextsAreSearchedInTime) {
  const std::string grown =
      "#set($s='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')#foreach($i in "
      "[1..16])#set($s=\"$s$s\")#end"
      "#set($n=$s.substring(0,1000000))#set($b=\"${n}y\")#set($a=\"y$n\")";
  EXPECT_EQ(render(grown + "$s.indexOf($b) $s.contains($b) $s.replace($b,'').length()"),
            "-1 false 2621440");
  EXPECT_EQ(render(grown + "$s.lastIndexOf($a)"), "-1");
  EXPECT_EQ(failure(grown + "#foreach($i in [1..1000])$s.contains($b)#end"),
            "takes more steps than a template may take");
}

TEST(Template, TellsThatItWasAllowedTooLittle) {
  const auto made = Template::parse("#foreach($i in [1..900])$i#end");
  ASSERT_TRUE(made.ok());
  const Request request;
  Allowance little{.left = 100};
  EXPECT_FALSE(made.value().render(request.input(), &little).ok());
  EXPECT_TRUE(little.ran_out);
  Allowance enough{.left = kWorkOnLoop};
  EXPECT_TRUE(made.value().render(request.input(), &enough).ok());
  EXPECT_FALSE(enough.ran_out);
  EXPECT_LT(enough.left, kWorkOnLoop - 900);
  // What no allowance would have helped with.
  Allowance all;
  const auto endless = Template::parse("#foreach($i in [0..2000000000])x#end");
  EXPECT_FALSE(endless.value().render(request.input(), &all).ok());
  EXPECT_FALSE(all.ran_out);
}

}  // namespace
}  // namespace tandem::apigateway::mapping
