process NUCLEOSCOPE_SEGMENT {
    tag "$meta.id"
    label 'process_medium'

    container "nucleoscope:0.1.0-workflow"

    input:
    tuple val(meta), path(images, stageAs: 'inputs/*')

    output:
    tuple val(meta), path("${prefix}")             , emit: results
    tuple val(meta), path("${prefix}.jsonl")       , emit: journal
    tuple val(meta), path("${prefix}/failures.csv"), emit: failures
    path "versions.yml"                            , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    if (workflow.profile.tokenize(',').intersect(['conda', 'mamba']).size() >= 1) {
        error "Nucleoscope has no Conda package. Use a container, or a program that is on the PATH."
    }
    def args = task.ext.args ?: '--export bowl,summary,measurements'
    prefix   = task.ext.prefix ?: "${meta.id}"
    """
    # A file that fails is a row of failures.csv and does not fail the task: exit code 3, or 1 if all of them failed,
    # which the last line of the progress distinguishes from a run that could not start.
    code=0
    nucleoscope segment inputs \\
        --export-dir ${prefix} \\
        --resume \\
        --jsonl=progress.jsonl \\
        --threads ${task.cpus} \\
        $args || code=\$?
    case \$code in
        0 | 3) ;;
        1) tail -n 1 progress.jsonl | grep '"event":"finished"' | grep -qv '"error"' ;;
        *) exit \$code ;;
    esac
    mv ${prefix}/nucleoscope.jsonl ${prefix}.jsonl

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        nucleoscope: \$(nucleoscope --version | cut -d ' ' -f 2)
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix}
    touch ${prefix}/failures.csv ${prefix}/nuclei.csv ${prefix}/submission.csv ${prefix}/summary.csv ${prefix}.jsonl

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        nucleoscope: \$(nucleoscope --version | cut -d ' ' -f 2)
    END_VERSIONS
    """
}
