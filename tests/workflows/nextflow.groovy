// Evaluates the Nextflow pipeline without Nextflow, as far as it is plain Groovy: compiles every file, runs the
// workflow block with lists in place of channels, and evaluates the script blocks of the processes.
//
// Arguments: the pipeline's folder, the sheet, the number of images in a shard. Prints JSON: `tasks`, in the order
// in which they would run, each with the process, the names of its inputs, `script`, `stub` and `outputs`; or `error`.
import groovy.json.JsonOutput

class Stopped extends RuntimeException {
    Stopped(String message) { super(message) }
}

/** A file as Nextflow extends it. */
class Image {
    File file
    String getName() { file.name }
    String getBaseName() { file.name.lastIndexOf('.') > 0 ? file.name[0..<file.name.lastIndexOf('.')] : file.name }
    String getParent() { file.parent }
    String toString() { file.path }
}

/** A channel whose items are all known. */
class Items {
    List list
    Items map(Closure step) {
        def isOne = step.maximumNumberOfParameters == 1
        new Items(list: list.collect { item -> isOne ? step.call((Object) item) : step(*item) })
    }
    Items collect() { new Items(list: [list]) }
    Items flatMap(Closure step) { new Items(list: list.collectMany { item -> step.call((Object) item) }) }
    Items splitCsv(Map options) {
        assert options == [header: true]
        new Items(list: list.collectMany { sheet ->
            def rows = sheet.file.readLines()*.split(',')
            rows.tail().collect { row -> [rows[0] as List, row as List].transpose().collectEntries() }
        })
    }
}

/** A process: `run` makes its outputs from its inputs. */
class Process {
    Closure run
    Map out = [:]
    void call(Items inputs) { out = run(inputs) }
}

/** The text of a block of a process, from its label to the next one. */
String blockOf(String text, String label) {
    def found = text =~ /(?ms)^    ${label}:\n(.*?)(?=^    \w+:\n|^\})/
    assert found.find(): "no block called ${label}"
    found.group(1)
}

/** Evaluates a task of a process. */
Map taskOf(String process, File module, Map meta, List inputs) {
    def text = module.text
    assert text.contains("process ${process} {")
    def task = [cpus: 2, process: process, ext: [:]]
    def evaluate = { label ->
        def values = [meta: meta, task: task, images: inputs, journals: inputs, workflow: [profile: 'standard']]
        def binding = new Binding(values + [error: { throw new Stopped(it.toString()) }])
        [new GroovyShell(binding).evaluate(blockOf(text, label)).toString(), binding.getVariable('prefix')]
    }
    def (script, prefix) = evaluate('script')
    def (stub, _) = evaluate('stub')
    def outputs = (blockOf(text, 'output') =~ /path\(?\s*"([^"]+)"/).collect { it[1].replace('${prefix}', prefix) }
    [process: process, id: meta.id, inputs: inputs*.toString(), script: script, stub: stub, outputs: outputs]
}

def (folder, sheet, size) = [new File(args[0]), args[1], args[2] as int]
def modules = new File(folder, 'modules/nucleoscope')
folder.eachFileRecurse { if (it.name ==~ /.*\.(nf|nf\.test|config)/) new GroovyShell().parse(it) }

def tasks = []
def process = { String name, String module ->
    new Process(run: { Items inputs ->
        def done = inputs.list.collect { meta, files -> taskOf(name, new File(modules, "${module}/main.nf"), meta, files) }
        tasks.addAll(done)
        // In another order than that of the inputs, as tasks end in any order.
        [journal: new Items(list: done.reverse().collect { [[id: it.id], new Image(file: new File("${it.id}.jsonl"))] })]
    })
}
def binding = new Binding(
    params: [input: sheet, shard_size: size],
    include: { Closure names -> [from: { String path -> assert new File(folder, "${path}.nf").exists() }] },
    file: { Map options, Object path ->
        def found = new File(path.toString()).absoluteFile
        if (options.checkIfExists && !found.exists()) throw new Stopped("no such file: ${path}")
        new Image(file: found)
    },
    channel: [fromPath: { new Items(list: [it]) }],
    error: { throw new Stopped(it.toString()) },
    workflow: { Closure body -> body() },
    NUCLEOSCOPE_SEGMENT: process('NUCLEOSCOPE_SEGMENT', 'segment'),
    NUCLEOSCOPE_CONCATENATE: process('NUCLEOSCOPE_CONCATENATE', 'concatenate'),
)
try {
    new GroovyShell(binding).evaluate(new File(folder, 'main.nf'))
    println JsonOutput.toJson([tasks: tasks])
} catch (Stopped stopped) {
    println JsonOutput.toJson([error: stopped.message])
}
